import {
  type BulkAnswer,
  type BulkRequest,
  clientOptions,
  DOCUMENT_RULES,
  lacksNode,
  openDocuments,
} from '../documents.ts'
import { receiverOf } from '../receiver.ts'

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
export const opensearchReceiver = receiverOf({
  name: 'opensearch',
  client: '@opensearch-project/opensearch',
  rules: DOCUMENT_RULES,
  lacks: lacksNode,
  open(properties, { load }) {
    return openDocuments(properties, async () => {
      const { Client } = (await load()) as Opensearch
      const client = new Client(clientOptions(properties))
      return { bulk: async (body) => (await client.bulk({ body })).body, close: () => client.close() }
    })
  },
})

export default opensearchReceiver
