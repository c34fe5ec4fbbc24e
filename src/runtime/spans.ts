import { type Failure, type Invocation, rareOf, type Spans } from './invocation.ts'
import { derivedTraceparent, idOf, type Message, rootIdOf } from './message.ts'
import { describeThrown } from './thrown.ts'

/** The package that spans are made with, where a project has it. */
export const TELEMETRY_PACKAGE = '@opentelemetry/api'

/** The used part of `@opentelemetry/api`. It is the user's instance, to which their SDK is registered. */
export interface Telemetry<Context = unknown, Span extends TelemetrySpan = TelemetrySpan> {
  readonly trace: {
    getTracer(name: string): { startSpan(name: string, options: SpanOptions, context: Context): Span }
    setSpan(context: Context, span: Span): Context
    setSpanContext(context: Context, spanContext: SpanPlace): Context
  }
  readonly context: { with(context: Context, call: () => void): void }
  readonly ROOT_CONTEXT: Context
}

interface SpanOptions {
  readonly kind: number
  readonly attributes: Attributes
}

type Attributes = Readonly<Record<string, string | number>>

/** The used part of a span. */
export interface TelemetrySpan {
  spanContext(): SpanPlace
  setAttribute(name: string, value: string): unknown
  setStatus(status: { readonly code: number; readonly message?: string }): unknown
  recordException(error: { readonly name: string; readonly message: string; readonly stack?: string }): void
  end(): void
}

interface SpanPlace {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly isRemote?: boolean
}

/** Kinds and codes of the API. Source: @opentelemetry/api 1.9.1, `SpanKind` and `SpanStatusCode`, read 2026-11-21. */
const PRODUCER = 3
const CONSUMER = 4
const ERROR = 2

/**
 * Makes spans by the user's `@opentelemetry/api`. A message from a sender with a span continues that trace; any other
 * starts one, for which the SDK's sampler decides. Source of names and attributes: OpenTelemetry semantic conventions,
 * messaging spans (in development), read 2026-11-21.
 */
export function createSpans<Context, Span extends TelemetrySpan>({
  trace,
  context,
  ROOT_CONTEXT,
}: Telemetry<Context, Span>): Spans {
  const tracer = trace.getTracer('attak')
  const contexts = new WeakMap<Invocation, Context>()
  return {
    process(invocation, run) {
      const { message, processor } = invocation
      const sender = senderOf(message)
      const outside = sender === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, sender)
      const attributes = processAttributes(invocation)
      const span = tracer.startSpan(`process ${processor}`, { kind: CONSUMER, attributes }, outside)
      const within = trace.setSpan(ROOT_CONTEXT, span)
      contexts.set(invocation, within)
      rareOf(invocation).span = { traceparent: traceparentIn(span), end: (failure) => end(span, failure) }
      context.with(within, run)
    },
    sending: (accept) => (invocation, topic, data, key) => {
      const attributes = sendAttributes(invocation, topic)
      const span = tracer.startSpan(`send ${topic}`, { kind: PRODUCER, attributes }, contexts.get(invocation)!)
      try {
        const acceptance = accept(invocation, topic, data, key, traceparentIn(span))
        const sent = invocation.laterEmits?.at(-1) ?? invocation.firstEmit
        if (sent !== undefined) span.setAttribute('messaging.message.id', idOf(sent))
        if (acceptance === undefined) end(span, undefined)
        else
          acceptance.then(
            () => end(span, undefined),
            (error: unknown) => end(span, { error }),
          )
        return acceptance
      } catch (error) {
        end(span, { error })
        throw error
      }
    },
  }
}

function processAttributes({ message, runtime, processor }: Invocation): Attributes {
  return {
    ...sharedAttributes('process', message),
    'messaging.consumer.group.name': processor,
    ...(message.topic !== undefined && { 'messaging.destination.name': message.topic }),
    'messaging.message.id': idOf(message),
    'attak.topology': runtime.topology,
    'attak.stage': runtime.stage,
    'attak.attempt': message.attempt,
    'attak.hop': message.hop,
  }
}

function sendAttributes({ message }: Invocation, topic: string): Attributes {
  return { ...sharedAttributes('send', message), 'messaging.destination.name': topic }
}

function sharedAttributes(operation: 'process' | 'send', { root }: Message): Attributes {
  return {
    'messaging.system': 'attak',
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.message.conversation_id': rootIdOf(root),
  }
}

function end(span: TelemetrySpan, failure: Failure | undefined): void {
  if (failure !== undefined) {
    const thrown = describeThrown(failure.error)
    span.recordException(thrown)
    span.setAttribute('error.type', thrown.code ?? thrown.name)
    span.setStatus({ code: ERROR, message: thrown.message })
  }
  span.end()
}

/** The span that sent a message; undefined where none did, and its `traceparent` only follows from its ids. */
function senderOf(message: Message): SpanPlace | undefined {
  const { traceparent } = message
  if (traceparent === undefined || traceparent === derivedTraceparent(message)) return undefined
  const [, traceId, spanId, flags] = /^[\da-f]{2}-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})/.exec(traceparent) ?? []
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}

/** W3C trace context of a span; of none that is real, as where no SDK is registered, undefined. */
function traceparentIn(span: TelemetrySpan): string | undefined {
  const { traceId, spanId, traceFlags } = span.spanContext()
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined
  return `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`
}
