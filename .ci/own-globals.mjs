// Built into attak's files in place of the globals, so that they call what was there before any code of a project ran: a
// project that replaces `setImmediate` or `JSON.stringify` changes its own calls, and none of attak's.
export const {
  setTimeout: own_setTimeout,
  setInterval: own_setInterval,
  setImmediate: own_setImmediate,
  clearTimeout: own_clearTimeout,
  clearInterval: own_clearInterval,
  clearImmediate: own_clearImmediate,
  queueMicrotask: own_queueMicrotask,
  Promise: own_Promise,
  Date: own_Date,
  Map: own_Map,
  Set: own_Set,
  WeakMap: own_WeakMap,
  Error: own_Error,
  TypeError: own_TypeError,
  RegExp: own_RegExp,
  Proxy: own_Proxy,
  Reflect: own_Reflect,
  Symbol: own_Symbol,
  Object: own_Object,
  Array: own_Array,
  String: own_String,
  Number: own_Number,
  Math: own_Math,
  Function: own_Function,
  Boolean: own_Boolean,
  BigInt: own_BigInt,
  Int32Array: own_Int32Array,
  Uint8Array: own_Uint8Array,
  SharedArrayBuffer: own_SharedArrayBuffer,
  Atomics: own_Atomics,
  Buffer: own_Buffer,
  URL: own_URL,
  process: own_process,
} = globalThis

// The build has attak call `own_JSON_stringify` where it says `JSON.stringify`.
export const { parse: own_JSON_parse, stringify: own_JSON_stringify } = JSON
export const { now: own_Date_now, parse: own_Date_parse } = Date
export const { load: own_Atomics_load, add: own_Atomics_add } = Atomics
export const {
  raw: own_String_raw,
  fromCodePoint: own_String_fromCodePoint,
  fromCharCode: own_String_fromCharCode,
} = String
export const { canParse: own_URL_canParse } = URL
export const {
  apply: own_Reflect_apply,
  get: own_Reflect_get,
  set: own_Reflect_set,
  has: own_Reflect_has,
  ownKeys: own_Reflect_ownKeys,
  deleteProperty: own_Reflect_deleteProperty,
  defineProperty: own_Reflect_defineProperty,
  getOwnPropertyDescriptor: own_Reflect_getOwnPropertyDescriptor,
} = Reflect
export const {
  max: own_Math_max,
  min: own_Math_min,
  floor: own_Math_floor,
  round: own_Math_round,
  ceil: own_Math_ceil,
  random: own_Math_random,
  trunc: own_Math_trunc,
  imul: own_Math_imul,
  log2: own_Math_log2,
} = Math
export const {
  keys: own_Object_keys,
  entries: own_Object_entries,
  values: own_Object_values,
  assign: own_Object_assign,
  fromEntries: own_Object_fromEntries,
  hasOwn: own_Object_hasOwn,
  create: own_Object_create,
  defineProperty: own_Object_defineProperty,
  getPrototypeOf: own_Object_getPrototypeOf,
  defineProperties: own_Object_defineProperties,
  getOwnPropertyDescriptor: own_Object_getOwnPropertyDescriptor,
  getOwnPropertyDescriptors: own_Object_getOwnPropertyDescriptors,
  freeze: own_Object_freeze,
  isFrozen: own_Object_isFrozen,
  isExtensible: own_Object_isExtensible,
  is: own_Object_is,
} = Object
export const { isArray: own_Array_isArray } = Array
export const {
  isFinite: own_Number_isFinite,
  isInteger: own_Number_isInteger,
  isSafeInteger: own_Number_isSafeInteger,
  isNaN: own_Number_isNaN,
  parseInt: own_Number_parseInt,
} = Number

// These need their `this`, and the build replaces `Promise.all` here too.
const { all, allSettled, race, resolve, reject } = Promise
const { from: arrayFrom } = Array
const { from: bufferFrom, concat, alloc, allocUnsafeSlow, byteLength, isBuffer } = Buffer
export const own_Promise_all = all.bind(Promise)
export const own_Promise_allSettled = allSettled.bind(Promise)
export const own_Promise_race = race.bind(Promise)
export const own_Promise_resolve = resolve.bind(Promise)
export const own_Promise_reject = reject.bind(Promise)
export const own_Array_from = arrayFrom.bind(Array)
export const own_Buffer_from = bufferFrom.bind(Buffer)
export const own_Buffer_concat = concat.bind(Buffer)
export const own_Buffer_alloc = alloc.bind(Buffer)
export const own_Buffer_allocUnsafeSlow = allocUnsafeSlow.bind(Buffer)
export const own_Buffer_byteLength = byteLength.bind(Buffer)
export const own_Buffer_isBuffer = isBuffer.bind(Buffer)
