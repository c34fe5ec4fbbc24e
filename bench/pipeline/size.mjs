/** The input of the pipeline rows. */
export const EVENTS = 200_000
/** Its events belong to so many keys. */
export const KEYS = 10_000
