import {
  ID_FIELD,
  OPTIONS,
  type OwnReceiver,
  type Properties,
  type PropertyRules,
  receiverOf,
  TEXT,
} from './receiver.ts'
import { storeDocuments } from './stored.ts'

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
const DOCUMENT_RULES: PropertyRules = {
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
function lacksNode({ node, connection = {} }: Properties): string | undefined {
  const { node: one, nodes, host, hosts, cloud } = connection as Properties
  const isGiven = [node, one, nodes, host, hosts, cloud].some((given) => given !== undefined)
  return isGiven ? undefined : 'node is missing, such as "http://localhost:9200"'
}

/** The options of a client: `connection` has more of them, and `host` as its first versions had it. */
function clientOptions({ node, auth, connection = {} }: Properties): Properties {
  const { host, hosts, ...more } = connection as Properties
  const old = [host ?? hosts ?? []].flat().map((one) => (/^https?:\/\//.test(String(one)) ? one : `http://${one}`))
  const nodes = node === undefined ? old : [node].flat()
  return {
    ...{ requestTimeout: 15_000, maxRetries: 2, ...more },
    ...(nodes.length > 0 && { nodes }),
    ...(auth !== undefined && { auth }),
  }
}

/** One kind of server, and its client. */
export interface DocumentServer<Package> {
  readonly name: string
  /** The package of its client. */
  readonly client: string
  readonly connect: (loaded: Package, options: Properties) => DocumentClient
}

/** Makes the receiver that stores each message as a document of an index. Its id is `_id`. */
export function documentReceiver<Package>({ name, client, connect }: DocumentServer<Package>): OwnReceiver {
  return receiverOf({
    ...{ name, client, rules: DOCUMENT_RULES, lacks: lacksNode },
    open: (properties, { load }) =>
      storeDocuments(properties, {
        connect: async () => connect((await load()) as Package, clientOptions(properties)),
        mostBytes: 10_000_000,
        async write(server, documents) {
          const action = (id: string) => ({ index: { _index: properties.index, _id: id } })
          const { items } = await server.bulk(documents.flatMap(({ id, fields }) => [action(id), fields]))
          return documents.map((_, place) => errorOf(items[place]?.index))
        },
      }),
  })
}

function errorOf(item: BulkAnswer['items'][number]['index']): Error | undefined {
  if (item === undefined) return new Error('The server did not say what became of the document.')
  if (item.status >= 200 && item.status < 300) return undefined
  return new Error(`The server refused the document with ${item.status}: ${JSON.stringify(item.error ?? null)}`)
}
