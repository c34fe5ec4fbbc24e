import { type BulkAnswer, type BulkRequest, documentReceiver } from '../documents.ts'

/** The part of `@elastic/elasticsearch` that this needs. */
interface Elasticsearch {
  readonly Client: new (
    options: object,
  ) => {
    bulk(request: { readonly operations: BulkRequest }): Promise<BulkAnswer>
    close(): Promise<void>
  }
}

/** Stores each message as a document of an index of Elasticsearch 8. Its id is `_id`. */
export const elasticsearchReceiver = documentReceiver<Elasticsearch>({
  name: 'elasticsearch',
  client: '@elastic/elasticsearch',
  connect({ Client }, options) {
    const client = new Client(options)
    return { bulk: (operations) => client.bulk({ operations }), close: () => client.close() }
  },
})

export default elasticsearchReceiver
