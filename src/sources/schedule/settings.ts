/** Settings of a source of the type `schedule`: one of `rate` and `cron`. */
export interface ScheduleSettings {
  /** How often an event comes: `30 seconds`, `5 minutes`, `1 hour`, `1 day`. The first comes after that time. */
  readonly rate?: string
  /** When an event comes, as cron says it in five fields, or six with seconds: `0 3 * * *`. */
  readonly cron?: string
  /** The time zone of `cron`: `Europe/Berlin`. Default `UTC`. */
  readonly timezone?: string
  /** The data of each event. Default: `{ source, time }`, the time at which it was due. */
  readonly event?: unknown
}

declare module '../../topology/source.ts' {
  interface SourceTypes {
    readonly schedule: ScheduleSettings
  }
}
