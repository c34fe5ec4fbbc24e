import type { Scope } from '../../aws/names.ts'
import type { StoreSettings } from '../../aws/store-parts.ts'

/** What the keys of error records begin with: `team/attak/orders/dev/errors/`; the record's id and `.json` follow. */
export function errorObjectsPrefix({ topology, stage }: Scope, { prefix }: StoreSettings<'s3'>): string {
  return `${prefix}attak/${topology}/${stage}/errors/`
}
