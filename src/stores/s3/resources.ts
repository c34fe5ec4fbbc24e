import type { Place, Scope } from '../../aws/names.ts'
import type { StoreAccess } from '../../aws/resources.ts'
import type { StoreSettings } from '../../runtime/store.ts'

/** What keeping error records in a bucket takes; the bucket is the user's, and there already. */
export function s3Access(
  scope: Scope,
  errors: { readonly store: 's3'; readonly bucket: string; readonly prefix: string },
  { partition }: Place,
): StoreAccess {
  const bucket = `arn:${partition}:s3:::${errors.bucket}`
  const on = [`${bucket}/${errorObjectsPrefix(scope, errors)}*`]
  return {
    keep: { actions: ['s3:PutObject'], on },
    look: [
      { actions: ['s3:DeleteObject', 's3:GetObject'], on },
      { actions: ['s3:ListBucket'], on: [bucket] },
    ],
  }
}

/** What the keys of error records begin with: `team/attak/orders/dev/errors/`; the record's id and `.json` follow. */
export function errorObjectsPrefix({ topology, stage }: Scope, { prefix }: StoreSettings<'s3'>): string {
  return `${prefix}attak/${topology}/${stage}/errors/`
}
