export type { ChannelSettings, DeliverySettings, Via } from './carriers/table.ts'
export { AttakError, ERROR_CODES, type ErrorCode, type Problem } from './errors.ts'
export type { HttpEvent, HttpSettings, ScheduleSettings, SourceDefinition, SourceType } from './sources/table.ts'
export {
  type AnyEvents,
  defineTopology,
  type EventsOf,
  type FunctionSettings,
  type PathOf,
  type ProcessorDefinition,
  type ProcessorSettings,
  type ProcessorsDefinition,
  type RetrySettings,
  type StreamDefinition,
  type StreamSettings,
  type TopologyDefinition,
  type TypedTopology,
} from './topology/definition.ts'
export type { Architecture, DeploymentSettings, RuntimeName, Vpc } from './topology/deployment.ts'
export {
  type Callback,
  type Context,
  type EmitOptions,
  type Handler,
  type Json,
  type Logger,
  Retry,
  type Setup,
  type SetupWorld,
  type Teardown,
  type Topics,
} from './topology/handler.ts'
export type { Receive, ReceiverContext, ReceiverFactory, ReceiverLog, ReceiverParts } from './topology/receiver.ts'
export type { ErrorsDefinition, IdempotentDefinition, RecordingSettings } from './topology/recording.ts'
export type { StandardSchema } from './topology/schema.ts'
export type { State, StateDeleteOptions, StateEntry, StateSetOptions } from './topology/state.ts'
export type { Backoff } from './topology/topology.ts'
