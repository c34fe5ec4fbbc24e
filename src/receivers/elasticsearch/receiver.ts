import {
  type BulkAnswer,
  type BulkRequest,
  clientOptions,
  DOCUMENT_RULES,
  lacksNode,
  openDocuments,
} from '../documents.ts'
import { receiverOf } from '../receiver.ts'

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
export const elasticsearchReceiver = receiverOf({
  name: 'elasticsearch',
  client: '@elastic/elasticsearch',
  rules: DOCUMENT_RULES,
  lacks: lacksNode,
  open(properties, { load }) {
    return openDocuments(properties, async () => {
      const { Client } = (await load()) as Elasticsearch
      const client = new Client(clientOptions(properties))
      return { bulk: (operations) => client.bulk({ operations }), close: () => client.close() }
    })
  },
})

export default elasticsearchReceiver
