/** Settings of deployed processors. Set on a processor, or on the topology for all processors. */
export interface DeploymentSettings {
  /** Memory in MB, 128 to 10240. A larger memory has a larger share of a CPU. Default 256. */
  readonly memory?: number
  /** The version of Node.js. Default `nodejs24.x`. */
  readonly runtime?: RuntimeName
  /** The kind of CPU. Default `arm64`. */
  readonly architecture?: Architecture
  /** The ARN of a role. Without it, attak makes one with only the permissions that the processor needs. */
  readonly role?: string
  /** The network that it runs in. Without it, the function runs outside of your networks. */
  readonly vpc?: Vpc
  /** Tags of its resources. Tags of topology and processor are merged. */
  readonly tags?: Readonly<Record<string, string>>
  /** Globs of files to put beside its code, relative to the topology's folder. */
  readonly include?: readonly string[]
  /** Packages that are copied as they are, not bundled. */
  readonly external?: readonly string[]
  /** Logs emits that no processor receives. Default true. */
  readonly outputs?: boolean
}

/** A version of Node.js for functions. */
export type RuntimeName = (typeof RUNTIMES)[number]

/** A kind of CPU for functions. */
export type Architecture = (typeof ARCHITECTURES)[number]

/** A network of the cloud. */
export interface Vpc {
  readonly subnets: readonly string[]
  readonly securityGroups: readonly string[]
}

/** Variables by name. A value is written out, or copied from the environment or `.env` of the person who deploys. */
export type Environment = Readonly<Record<string, EnvironmentValue>>

/** Where a variable's value comes from. */
export type EnvironmentValue = { readonly kind: 'value'; readonly value: string } | { readonly kind: 'taken' }

/** Every runtime that attak is tested on. */
export const RUNTIMES = ['nodejs22.x', 'nodejs24.x'] as const

/** Every architecture of AWS Lambda. */
export const ARCHITECTURES = ['arm64', 'x64'] as const

/** Days that logs can be kept for. Source: CloudWatch Logs API reference, PutRetentionPolicy, read 2026-11-21. */
export const LOG_RETENTIONS: readonly number[] = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731],
  ...[1096, 1827, 2192, 2557, 2922, 3288, 3653],
]
