import { createBulk, once } from './bulk.ts'
import {
  documentOf,
  ID_FIELD,
  idOf,
  OPTIONS,
  type OpenReceiver,
  type Properties,
  type PropertyRules,
  TEXT,
} from './receiver.ts'

/** A request to `_bulk`: lines in turn, what to do and the document. */
export type BulkRequest = readonly object[]

/** The answer of `_bulk`. Source: Elasticsearch's guide, Bulk API, read 2026-11-29; OpenSearch answers the same. */
export interface BulkAnswer {
  readonly items: readonly { readonly index?: { readonly status: number; readonly error?: unknown } }[]
}

/** A client for documents. */
export interface DocumentClient {
  bulk(request: BulkRequest): Promise<BulkAnswer>
  close(): Promise<void>
}

/** What both kinds of servers take. */
export const DOCUMENT_RULES: PropertyRules = {
  node: {
    must: 'an address that begins with http:// or https://, or a list of them',
    fits: (value) =>
      [value].flat().length > 0 && [value].flat().every((one) => typeof one === 'string' && /^https?:\/\//.test(one)),
  },
  index: { ...TEXT, isRequired: true },
  idField: ID_FIELD,
  auth: OPTIONS,
  connection: OPTIONS,
  // Of servers before 7, which had types.
  type: TEXT,
}

/** Returns what is wrong if nothing says where the server is. */
export function lacksNode({ node, connection = {} }: Properties): string | undefined {
  const { node: one, nodes, host, hosts, cloud } = connection as Properties
  const isGiven = [node, one, nodes, host, hosts, cloud].some((given) => given !== undefined)
  return isGiven ? undefined : 'node is missing, such as "http://localhost:9200"'
}

/** The options of a client: `connection` has more of them, and `host` as its first versions had it. */
export function clientOptions({ node, auth, connection = {} }: Properties): Properties {
  const { host, hosts, ...more } = connection as Properties
  const old = [host ?? hosts ?? []].flat().map((one) => (/^https?:\/\//.test(String(one)) ? one : `http://${one}`))
  const nodes = node === undefined ? old : [node].flat()
  return {
    ...{ requestTimeout: 15_000, maxRetries: 2, ...more },
    ...(nodes.length > 0 && { nodes }),
    ...(auth !== undefined && { auth }),
  }
}

/** Stores each message as a document of an index, many with one request. */
export function openDocuments(properties: Properties, open: () => Promise<DocumentClient>): OpenReceiver {
  const client = once(open)
  const { index } = properties
  const bulk = createBulk<{ readonly id: string; readonly fields: Properties }>({
    most: 1000,
    mostBytes: 10_000_000,
    async write(documents) {
      const request = documents.flatMap(({ id, fields }) => [{ index: { _index: index, _id: id } }, fields])
      const { items } = await (await client.get()).bulk(request)
      return documents.map((_, place) => errorOf(items[place]?.index))
    },
  })
  return {
    async handle(message, context) {
      const fields = documentOf(message)
      await bulk.add({ id: idOf(message, context, properties), fields }, JSON.stringify(fields).length)
    },
    async close() {
      await bulk.idle()
      await (await client.made())?.close()
    },
  }
}

function errorOf(item: BulkAnswer['items'][number]['index']): Error | undefined {
  if (item === undefined) return new Error('The server did not say what became of the document.')
  if (item.status >= 200 && item.status < 300) return undefined
  return new Error(`The server refused the document with ${item.status}: ${JSON.stringify(item.error ?? null)}`)
}
