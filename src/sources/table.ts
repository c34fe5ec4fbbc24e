import type { Source } from '../runtime/source.ts'
import type { SourceTable, SourceType } from '../topology/source.ts'
import { amqp } from './amqp/source.ts'
import { file } from './file/source.ts'
import { http } from './http/source.ts'
import { kafka } from './kafka/source.ts'
import { redis } from './redis/source.ts'
import { schedule } from './schedule/source.ts'
import { stdin } from './stdin/source.ts'

export type { SourceDefinition, SourceType } from '../topology/source.ts'
export type { AmqpSettings } from './amqp/settings.ts'
export type { FileSettings } from './file/settings.ts'
export type { HttpEvent } from './http/event.ts'
export type { HttpSettings } from './http/settings.ts'
export type { KafkaSettings } from './kafka/settings.ts'
export type { RedisSettings } from './redis/settings.ts'
export type { ScheduleSettings } from './schedule/settings.ts'
export type { StdinSettings } from './stdin/settings.ts'

/** How events come in, by type. */
export const SOURCES: Readonly<Record<SourceType, Source>> = { http, schedule, stdin, file, redis, amqp, kafka }

/** What each type takes. */
export const SOURCE_RULES: SourceTable = {
  http: http.rules,
  schedule: schedule.rules,
  stdin: stdin.rules,
  file: file.rules,
  redis: redis.rules,
  amqp: amqp.rules,
  kafka: kafka.rules,
}
