import * as api from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { onTestFinished } from 'vitest'

/** Registers an SDK until the test ends; gives the spans that have ended since. */
export function registerTelemetry(sampler: Sampler = new AlwaysOnSampler()): () => readonly ReadableSpan[] {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ sampler, spanProcessors: [new SimpleSpanProcessor(exporter)] })
  api.trace.setGlobalTracerProvider(provider)
  api.context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  onTestFinished(() => {
    api.trace.disable()
    api.context.disable()
  })
  return () => exporter.getFinishedSpans()
}

/** Names with those of their parents: `send order < process intake`, in the order of their ends. */
export function treeOf(spans: readonly ReadableSpan[]): readonly string[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]))
  return spans.map(({ name, parentSpanContext }) =>
    parentSpanContext === undefined ? name : `${name} < ${names.get(parentSpanContext.spanId)}`,
  )
}
