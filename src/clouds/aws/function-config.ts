import type {
  Architecture as AwsArchitecture,
  FunctionConfiguration,
  Runtime,
  UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda'
import { ARTIFACT_VARIABLE } from '../../bundle/artifact.ts'
import { hashOf, type JsonObject } from '../../graph/resource.ts'

/** What is wanted of a function. */
export type FunctionConfig = {
  /** The hash of its artifact. */
  readonly code: string
  readonly handler: string
  readonly runtime: string
  readonly architecture: 'arm64' | 'x64'
  /** MB. */
  readonly memory: number
  /** Seconds. */
  readonly timeout: number
  /** Variables by name, each as {@link hashedEnvironment} tells it. */
  readonly environment: Readonly<Record<string, string>>
  /** The ARN of its role. */
  readonly role: string
  readonly vpc?: { readonly subnets: readonly string[]; readonly securityGroups: readonly string[] }
  readonly concurrency?: number
  /** The ARN of the queue that hears of asynchronous calls that failed. */
  readonly onFailure: string
  /** Whether its calls may come round to it again: Lambda ends such loops where it is not told. */
  readonly loops: boolean
  readonly tags: JsonObject
}

/**
 * A function's variables as plans, tags and logs may tell them: by name, with eight hex digits of a hash that no other
 * function shares. Enough to see that a value changed; too little to have it back, unless it is so short that it can be
 * guessed. The one that tells the code's hash is left out: it changes with the code.
 */
export function hashedEnvironment(variables: Readonly<Record<string, string>>, salt: string): Record<string, string> {
  const told = Object.entries(variables).filter(([name]) => name !== ARTIFACT_VARIABLE)
  const entries = told.map(([name, value]) => [name, hashOf([salt, name, value]).slice(0, 8)])
  return Object.fromEntries(entries)
}

/** The settings that one call makes or changes. */
export function settingsOf(config: FunctionConfig, variables: Readonly<Record<string, string>>) {
  return {
    Runtime: config.runtime as Runtime,
    Handler: config.handler,
    MemorySize: config.memory,
    Timeout: config.timeout,
    Role: config.role,
    Environment: { Variables: { ...variables, [ARTIFACT_VARIABLE]: config.code } },
    VpcConfig: {
      SubnetIds: [...(config.vpc?.subnets ?? [])],
      SecurityGroupIds: [...(config.vpc?.securityGroups ?? [])],
    },
  }
}

/** The settings that go with the code. */
export function codeOf({ architecture }: FunctionConfig): { readonly Architectures: AwsArchitecture[] } {
  return { Architectures: [architecture === 'x64' ? 'x86_64' : 'arm64'] }
}

/** What of a function attak leaves as Lambda makes it: as it is made, as it was found, and what brings it back. */
const UNTOUCHED: Readonly<
  Record<
    string,
    {
      readonly made: unknown
      readonly found: (live: FunctionConfiguration) => unknown
      readonly back: Partial<UpdateFunctionConfigurationRequest>
    }
  >
> = {
  layers: { made: [], found: ({ Layers = [] }) => Layers.map(({ Arn }) => Arn), back: { Layers: [] } },
  storage: {
    made: 512,
    found: (live) => live.EphemeralStorage?.Size ?? 512,
    back: { EphemeralStorage: { Size: 512 } },
  },
  tracing: {
    made: 'PassThrough',
    found: (live) => live.TracingConfig?.Mode ?? 'PassThrough',
    back: { TracingConfig: { Mode: 'PassThrough' } },
  },
  deadLetters: {
    made: '',
    found: (live) => live.DeadLetterConfig?.TargetArn ?? '',
    back: { DeadLetterConfig: { TargetArn: '' } },
  },
  key: { made: '', found: (live) => live.KMSKeyArn ?? '', back: { KMSKeyArn: '' } },
  description: { made: '', found: (live) => live.Description ?? '', back: { Description: '' } },
  fileSystems: {
    made: [],
    found: ({ FileSystemConfigs = [] }) => FileSystemConfigs.map(({ Arn }) => Arn),
    back: { FileSystemConfigs: [] },
  },
  snapStart: {
    made: 'None',
    found: (live) => live.SnapStart?.ApplyOn ?? 'None',
    back: { SnapStart: { ApplyOn: 'None' } },
  },
  logFormat: {
    made: 'Text',
    found: (live) => live.LoggingConfig?.LogFormat ?? 'Text',
    back: { LoggingConfig: { LogFormat: 'Text' } },
  },
}

/** Pairs of how Lambda makes what attak does not set, and how it was found, by setting. */
export function untouched(live: FunctionConfiguration = {}): Record<string, readonly [unknown, unknown]> {
  return Object.fromEntries(Object.entries(UNTOUCHED).map(([name, { made, found }]) => [name, [made, found(live)]]))
}

/** What brings back those of the settings that attak does not set. */
export function undone(settings: readonly string[]): Partial<UpdateFunctionConfigurationRequest> {
  return Object.assign({}, ...settings.map((name) => UNTOUCHED[name]?.back))
}
