import { parseRecord } from '../../../runtime/parse-record.ts'
import { failedWith } from '../failure.ts'
import { type Account, gather } from '../kind.ts'
import { removableOf, type Shelf, shelvedOf } from './shelf.ts'

/** Where in a bucket error records are. */
export interface BucketPlace {
  readonly bucket: string
  /** What their keys begin with; the id and `.json` follow. */
  readonly prefix: string
}

/** The error records in a bucket of the user's, an object each: see `src/stores/s3/store.ts`. */
export function bucketShelf(
  { clients }: Pick<Account, 'clients'>,
  { bucket: Bucket, prefix: Prefix }: BucketPlace,
): Shelf {
  const open = async () => ({ sdk: await import('../s3Sdk.ts'), client: await clients.s3() })
  const get = async (Key: string) => {
    const { sdk, client } = await open()
    try {
      const { Body, ETag } = await client.send(new sdk.GetObjectCommand({ Bucket, Key }))
      const parsed = parseRecord((await Body?.transformToString()) ?? '', `bucket ${Bucket}, object ${Key}`)
      return { parsed, ETag }
    } catch (error) {
      // Gone meanwhile: somebody else has replayed it.
      if (failedWith(error, 'NoSuchKey')) return undefined
      throw error
    }
  }
  return {
    async list() {
      const { sdk, client } = await open()
      const keys: string[] = []
      let ContinuationToken: string | undefined
      do {
        const page = await client.send(new sdk.ListObjectsV2Command({ Bucket, Prefix, ContinuationToken }))
        for (const { Key = '' } of page.Contents ?? []) if (Key.endsWith('.json')) keys.push(Key)
        ContinuationToken = page.NextContinuationToken
      } while (ContinuationToken !== undefined)
      return shelvedOf((await gather(keys, get)).map(({ parsed }) => parsed))
    },
    async remove(records) {
      const { sdk, client } = await open()
      const isRemovable = removableOf(records)
      const removed = await gather([...new Set(records.map(({ id }) => id))], async (id) => {
        const Key = `${Prefix}${id}.json`
        const got = await get(Key)
        if (got?.parsed.kind !== 'record' || !isRemovable(got.parsed.record)) return undefined
        try {
          // What is recorded anew meanwhile is another object, and stays.
          await client.send(new sdk.DeleteObjectCommand({ Bucket, Key, ...(got.ETag && { IfMatch: got.ETag }) }))
          return id
        } catch (error) {
          if (failedWith(error, 'PreconditionFailed')) return undefined
          throw error
        }
      })
      return new Set(removed)
    },
  }
}
