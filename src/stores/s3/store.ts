import { putEach } from '../../aws/put-each.ts'
import { escapePath } from '../../aws/sign.ts'
import type { StoreParts } from '../../aws/store-parts.ts'
import type { ErrorWriter, StoreLimits } from '../../runtime/store.ts'
import { errorObjectsPrefix } from './resources.ts'

/** Objects may have 5 GB; what a function can hold is less. Several are put side by side. */
export const S3_LIMITS: StoreLimits = { recordBytes: 100_000_000, batchRecords: 25, batchBytes: 10_000_000 }

/**
 * Keeps error records in a bucket of the user's, which is in the function's region: an object each, named by its id. A
 * record that is put twice is one object.
 */
export function createS3Store({ client, place, errors, ...scope }: StoreParts<'s3'>): ErrorWriter {
  const prefix = errorObjectsPrefix(scope, errors)
  const { region } = place
  return {
    name: 's3',
    place: `the bucket ${errors.bucket}`,
    action: 's3:PutObject',
    limits: S3_LIMITS,
    put: putEach(({ id, text }, withinMs) =>
      client.call({
        ...{ method: 'PUT', service: 's3', region, withinMs },
        path: escapePath(`/${errors.bucket}/${prefix}${id}.json`),
        headers: { 'content-type': 'application/json' },
        body: text,
      }),
    ),
  }
}
