import { type BulkAnswer, type BulkRequest, documentReceiver } from '../documents.ts'

/** The part of `@opensearch-project/opensearch` that this needs. */
interface Opensearch {
  readonly Client: new (
    options: object,
  ) => {
    bulk(request: { readonly body: BulkRequest }): Promise<{ readonly body: BulkAnswer }>
    close(): Promise<void>
  }
}

/** Stores each message as a document of an index of OpenSearch. Its id is `_id`. */
export const opensearchReceiver = documentReceiver<Opensearch>({
  name: 'opensearch',
  client: '@opensearch-project/opensearch',
  connect({ Client }, options) {
    const client = new Client(options)
    return { bulk: async (body) => (await client.bulk({ body })).body, close: () => client.close() }
  },
})

export default opensearchReceiver
