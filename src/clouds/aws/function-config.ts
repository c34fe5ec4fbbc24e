import type {
  Architecture as AwsArchitecture,
  FunctionConfiguration,
  Runtime,
  UpdateFunctionConfigurationRequest,
} from '@aws-sdk/client-lambda'
import { ARTIFACT_VARIABLE } from '../../bundle/artifact.ts'
import { hashOf, type JsonObject } from '../../graph/resource.ts'

/** The wanted configuration of a function. */
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
  /** Variables by name, each as a hash from {@link hashedEnvironment}. */
  readonly environment: Readonly<Record<string, string>>
  /** The ARN of its role. */
  readonly role: string
  readonly vpc?: { readonly subnets: readonly string[]; readonly securityGroups: readonly string[] }
  readonly concurrency?: number
  /** The ARN of the queue that receives failed asynchronous calls. */
  readonly onFailure: string
  /** Whether its calls may form a loop. By default, Lambda ends such loops. */
  readonly loops: boolean
  readonly tags: JsonObject
}

/**
 * Returns a function's variables in a form that plans, tags and logs may show: by name, with eight hex digits of a hash
 * that no other function shares. That is enough to see that a value changed. It does not reveal the value, unless that
 * is so short that it can be guessed. The variable with the code's hash is left out, because it changes with the code.
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

/**
 * Settings that attak leaves at Lambda's default: the path in a function's configuration, and the default, by setting.
 */
const UNTOUCHED: Readonly<Record<string, readonly [path: string, made: unknown]>> = {
  layers: ['Layers', []],
  storage: ['EphemeralStorage.Size', 512],
  tracing: ['TracingConfig.Mode', 'PassThrough'],
  deadLetters: ['DeadLetterConfig.TargetArn', ''],
  key: ['KMSKeyArn', ''],
  description: ['Description', ''],
  fileSystems: ['FileSystemConfigs', []],
  snapStart: ['SnapStart.ApplyOn', 'None'],
  logFormat: ['LoggingConfig.LogFormat', 'Text'],
}

/** Returns pairs of how Lambda makes what attak does not set, and how it was found, by setting. */
export function untouched(live: FunctionConfiguration = {}): Record<string, readonly [unknown, unknown]> {
  const at = (path: string) =>
    path.split('.').reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], live)
  return Object.fromEntries(Object.entries(UNTOUCHED).map(([name, [path, made]]) => [name, [made, at(path) ?? made]]))
}

/** Returns what brings back those of the settings that attak does not set. */
export function undone(settings: readonly string[]): Partial<UpdateFunctionConfigurationRequest> {
  const back = settings.flatMap((setting) => {
    const [path, made] = UNTOUCHED[setting] ?? []
    const [name = '', inner] = path?.split('.') ?? []
    return path === undefined ? [] : [[name, inner === undefined ? made : { [inner]: made }]]
  })
  return Object.fromEntries(back)
}
