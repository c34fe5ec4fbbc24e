import type { Problem } from '../errors.ts'
import type { Graph } from '../graph/graph.ts'
import type { LiveResource, Resource } from '../graph/resource.ts'
import type { ErrorRecord } from '../runtime/error-record.ts'
import type { Message } from '../runtime/message.ts'
import type { Position } from '../runtime/position.ts'
import type { ErrorReader } from '../runtime/store.ts'
import type { Change } from './change.ts'
import type { CloudResources } from './resources.ts'

/** A cloud that topologies are deployed to, before anybody has signed in. `src/cli/cloud.ts` chooses it. */
export interface Cloud {
  /** Returns a sentence on how files of the project change where calls go and who signs them; undefined if they do not. */
  originsOf(signIn: Pick<SignIn, 'settings' | 'added'>): string | undefined
  /** Opens the account of the settings. Throws REGION_MISSING, CREDENTIALS_*, and refusals of the cloud. */
  signIn(signIn: SignIn): Promise<CloudAccount>
  /** Checks all that a deploy needs: settings, variables, credentials, permissions, quotas. Reads only. */
  diagnose(signIn: SignIn, stage: StageName, graph: Graph | undefined): Promise<readonly Finding[]>
  /** Returns the policy for deploying a graph, or for one of its processors. Needs no credentials. */
  policy(signIn: SignIn, graph: Graph, processor: string | undefined): Promise<CloudPolicy>
}

/** The arguments of signing in. */
export interface SignIn {
  readonly settings: CloudSettings
  readonly env: Environment
  /** The variables that the project's `.env` adds to the environment. */
  readonly added: Readonly<Record<string, string>>
  /** A clock in milliseconds. */
  readonly now: () => number
  /** Prints a sentence for the user. */
  readonly tell: (sentence: string) => void
  /** Called with the name of each call when it begins: `Lambda ListFunctions`. Returns what is called at its end. */
  readonly onCall?: (name: string) => () => void
}

/** The settings for the place and the credentials: see `src/project/setting-list.ts`. */
export type CloudSettings = Readonly<Record<'region' | 'profile' | 'endpoint' | 'role', Given>>

/** The value of a setting, and where it stands: `flag`, `.env`. */
export interface Given {
  readonly value: string | undefined
  readonly origin: string
}

/** Variables with their values. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Names a stage of a topology: `{ topology: 'orders', stage: 'dev' }`. */
export interface StageName {
  readonly topology: string
  readonly stage: string
}

/** An account that is signed in to. */
export interface CloudAccount {
  /** The place, for people: `eu-west-1 of account 123456789012`. */
  readonly place: string
  /** The same for programs: `{ region: 'eu-west-1', account: '123456789012' }`. */
  readonly facts: Readonly<Record<string, string>>
  /** Lists all stages that have something there, by name. */
  stages(): Promise<readonly StageCounts[]>
  /**
   * Opens a stage for commands that make no resources. Without a graph, its processors are found from its live
   * resources.
   */
  openStage(stage: StageName, graph: Graph | undefined): CloudStage
  /** Opens a stage for a deploy. Throws an AttakError for what the cloud would never accept. */
  openDeploy(deploying: Deploying): CloudDeploy
  /** Returns an error of a call with a remedy that fits the settings. */
  explain(error: unknown): unknown
  close(): void
}

/** A stage, and how many resources of each kind it has, sorted by kind. */
export interface StageCounts extends StageName {
  readonly resources: Readonly<Record<string, number>>
}

/** The stage to deploy. */
export interface Deploying {
  readonly graph: Graph
  /** The code of each processor, by name; several may share one. */
  readonly artifacts: ReadonlyMap<string, Code>
  /** The deployer's environment, which processors take variables from. */
  readonly env: Environment
  /** When the deploy began, in milliseconds since 1970. */
  readonly startedAtMs: number
}

/** Code that a cloud runs. */
export interface Code {
  /** SHA-256 in base64 of its files: the same on every machine. */
  readonly hash: string
  /** SHA-256 in base64 of the zip. */
  readonly zipHash: string
  /** The function to call: `index.handler`. */
  readonly handler: string
  zip(): Promise<Uint8Array>
}

/** A deploy of a stage that has not begun. */
export interface CloudDeploy {
  readonly resources: CloudResources
  readonly wanted: readonly Resource[]
  /** Returns what would prevent changes: quotas, missing roles and missing stores. */
  preflight(changes: readonly Change[]): Promise<readonly Problem[]>
}

/** A stage, as it is live. */
export interface CloudStage {
  readonly resources: CloudResources
  /** Returns what a deploy of the graph makes, for looking it up by name; nothing without a graph. */
  known(): readonly Resource[]
  /** Returns the names of its processors. */
  processors(): Promise<readonly string[]>
  /** Returns the status of all resources: those of the topology in their order, then leftovers. */
  status(): Promise<readonly ResourceStatus[]>
  /** Returns log lines, by time. Lines of the last seconds may be missing. */
  logs(query: LogQuery): Promise<readonly LogLine[]>
  /** The largest payload that {@link send} accepts. */
  readonly mostSendBytes: number
  /** Hands a payload to the function of a processor; resolves when it will run. Throws NOT_DEPLOYED. */
  send(processor: string, payload: string): Promise<void>
  /**
   * Opens all that has failed: what functions recorded, and what the platform gave up. `seen` returns a record as it was
   * seen before, with messages that may be gone by now.
   */
  errors(seen: (id: string) => ErrorRecord | undefined): Promise<ErrorReader>
  /** Reads again what a function received from a position. */
  readBack(position: Position, processor: string): Promise<ReadBack>
}

/** How a resource is. */
export interface ResourceStatus extends Pick<Resource, 'id' | 'kind' | 'name'>, Pick<LiveResource, 'processor'> {
  /** Whether the topology has it; otherwise it is left over from an earlier version. */
  readonly wanted: boolean
  /** In the words of its service: `Active`, `ACTIVE`, `Enabled`; else `absent`, `not ours` or `left over`. */
  readonly state: string
  /** Whether it works in that state. */
  readonly fine: boolean
  /** Further details, by name: `{ messages: 3 }`. */
  readonly details: Readonly<Record<string, string | number>>
}

/** Which log lines to read. */
export interface LogQuery {
  readonly processors: readonly string[]
  /** Milliseconds since 1970. */
  readonly fromMs: number
  /** Only lines about messages whose ids start so; more lines may come. */
  readonly message?: string
  /** Only lines of this trace; more lines may come. */
  readonly root?: string
}

/** A line that a function logged. */
export interface LogLine {
  /** Different from those of all other lines. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly timeMs: number
  readonly processor: string
  /** As it was logged; a line of attak's own is JSON. */
  readonly text: string
  /** Whether the platform wrote it, and not the function. */
  readonly isPlatform?: boolean
}

/** The messages that a position still has. */
export interface ReadBack {
  readonly messages: readonly Message[]
  /** Why a message that is not among them cannot be read: `the stream orders--dev--bill no longer has it`. */
  readonly missing: string
  /** Whether the processor does not receive from there, so that nothing was read. */
  readonly isForeign?: boolean
}

/** One thing that was checked before a deploy. */
export interface Finding {
  /** `credentials`, `permissions`, `streams`. */
  readonly about: string
  /** `unknown`: it could not be found out. */
  readonly state: 'fine' | 'wrong' | 'unknown'
  readonly what: string
  /** How to fix it; absent where nothing is wrong. */
  readonly remedy?: string
}

/** A policy, as the cloud takes it. */
export interface CloudPolicy {
  readonly policy: object
  /** A sentence about the account that it is for, if signing in was not possible. */
  readonly note?: string
}
