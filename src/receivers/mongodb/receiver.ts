import { address, ID_FIELD, OPTIONS, receiverOf, TEXT } from '../receiver.ts'
import { storeDocuments } from '../stored.ts'

/** The part of `mongodb` that this needs. */
interface Mongodb {
  readonly MongoClient: new (url: string, options: object) => Client
}

interface Client {
  connect(): Promise<unknown>
  db(name?: string): { collection(name: string): Collection }
  close(): Promise<void>
}

interface Collection {
  bulkWrite(writes: readonly object[], options: object): Promise<unknown>
}

/** Stores each message as a document. Its id is `_id`: a message that is delivered again replaces its document. */
export const mongodbReceiver = receiverOf({
  name: 'mongodb',
  client: 'mongodb',
  rules: {
    url: { ...address('mongodb', 'mongodb+srv'), isRequired: true },
    database: TEXT,
    collection: { ...TEXT, isRequired: true },
    idField: ID_FIELD,
    connection: OPTIONS,
  },
  open(properties, { load }) {
    const { url, database, collection, connection } = properties
    return storeDocuments(properties, {
      async connect() {
        const { MongoClient } = (await load()) as Mongodb
        const options = { serverSelectionTimeoutMS: 10_000, ...(connection as object | undefined) }
        const opened = new MongoClient(String(url), options)
        try {
          await opened.connect()
        } catch (error) {
          await opened.close()
          throw error
        }
        return opened
      },
      mostBytes: 16_000_000,
      async write(client, documents) {
        const writes = documents.map(({ id, fields }) => ({
          replaceOne: { filter: { _id: id }, replacement: { ...fields, _id: id }, upsert: true },
        }))
        try {
          const db = client.db(database as string | undefined)
          await db.collection(String(collection)).bulkWrite(writes, { ordered: false })
          return []
        } catch (error) {
          return errorsOf(error, documents.length)
        }
      },
    })
  },
})

/** What each document failed with, where the server refused only some. Throws an error that is about all. */
function errorsOf(error: unknown, length: number): readonly (Error | undefined)[] {
  const { writeErrors } = error as { readonly writeErrors?: unknown }
  const refused = [writeErrors ?? []].flat() as { readonly index: number; readonly errmsg?: string }[]
  const isKnown = refused.length > 0 && refused.every(({ index }) => Number.isInteger(index))
  const { result } = error as { readonly result?: { getWriteConcernError?(): unknown } }
  if (!isKnown || result?.getWriteConcernError?.() !== undefined) throw error
  const byIndex = new Map(refused.map((one) => [one.index, one]))
  return Array.from({ length }, (_, index) => {
    const found = byIndex.get(index)
    return found && new Error(`MongoDB refused the document: ${found.errmsg ?? 'without a reason'}`, { cause: error })
  })
}

export default mongodbReceiver
