/** What a deployed processor runs with; each can stand at a processor and, for all of them, at the topology. */
export interface DeploymentSettings {
  /** MB, 128 to 10240; the share of a CPU grows with it. Default 256. */
  readonly memory?: number
  /** Default `nodejs24.x`. */
  readonly runtime?: RuntimeName
  /** Default `arm64`. */
  readonly architecture?: Architecture
  /** Absent: a role is made that may do just what is needed. */
  readonly role?: string
  /** The network that it runs in; absent is the platform's own. */
  readonly vpc?: Vpc
  /** Tags of what is made; those of the topology and of the processor come together. */
  readonly tags?: Readonly<Record<string, string>>
  /** Globs of files that are shipped beside the code, relative to the topology's folder. */
  readonly include?: readonly string[]
  /** Packages that are shipped as they are, not bundled. */
  readonly external?: readonly string[]
  /** Log what it emits and nobody hears. Default true. */
  readonly outputs?: boolean
}

/** A Node.js that functions run on. */
export type RuntimeName = (typeof RUNTIMES)[number]

/** A kind of processor that functions run on. */
export type Architecture = (typeof ARCHITECTURES)[number]

/** A network of the cloud. */
export interface Vpc {
  readonly subnets: readonly string[]
  readonly securityGroups: readonly string[]
}

/** Variables by name: given as they are, or taken from the environment (or `.env`) of whoever deploys. */
export type Environment = Readonly<Record<string, EnvironmentValue>>

/** Where a variable's value comes from. */
export type EnvironmentValue = { readonly kind: 'value'; readonly value: string } | { readonly kind: 'taken' }

/** Every runtime that attak's entry is tested on. */
export const RUNTIMES = ['nodejs22.x', 'nodejs24.x'] as const

/** Every architecture that there is. */
export const ARCHITECTURES = ['arm64', 'x64'] as const

/** Days that logs can be kept for. Source: CloudWatch Logs API reference, PutRetentionPolicy, read 2026-11-21. */
export const LOG_RETENTIONS: readonly number[] = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731],
  ...[1096, 1827, 2192, 2557, 2922, 3288, 3653],
]
