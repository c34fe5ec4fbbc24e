export { AttakError, ERROR_CODES, type ErrorCode, type Problem } from './errors.ts'
export {
  type Callback,
  type Context,
  type EmitOptions,
  type Handler,
  type Json,
  type Logger,
  Retry,
  type Topics,
} from './topology/handler.ts'
