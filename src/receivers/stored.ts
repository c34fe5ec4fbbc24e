import { once } from '../runtime/once.ts'
import { createBulk } from './bulk.ts'
import { documentOf, idOf, type OpenReceiver, type Properties } from './receiver.ts'

/** A message as a document of a database. */
export interface Stored {
  readonly id: string
  readonly fields: Properties
}

/** How documents are stored. */
export interface StoreParts<Client> {
  /** Connects. It is called for the first message. */
  readonly connect: () => Promise<Client>
  /** The most bytes of one request. */
  readonly mostBytes: number
  /** Stores documents together, each in the place of an earlier one with its id; see `BulkParts`. */
  readonly write: (client: Client, documents: readonly Stored[]) => Promise<readonly (Error | undefined)[]>
}

/** The most documents of one request. */
const MOST_DOCUMENTS = 1000

/** Stores each message as a document, many with one request. */
export function storeDocuments<Client extends { close(): Promise<void> }>(
  properties: Properties,
  { connect, mostBytes, write }: StoreParts<Client>,
): OpenReceiver {
  const client = once(connect)
  const bulk = createBulk<Stored>({
    most: MOST_DOCUMENTS,
    mostBytes,
    write: async (documents) => write(await client.get(), documents),
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
