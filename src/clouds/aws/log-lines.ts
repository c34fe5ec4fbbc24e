import { type FilteredLogEvent, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { logGroupName } from '../../aws/names.ts'
import { gather } from '../../aws/sdk.ts'
import { unlessAbsent } from './failure.ts'
import type { Account } from './kind.ts'

/** A line that a function logged. */
export interface LogLine {
  /** Tells it from all others. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly timeMs: number
  readonly processor: string
  /** As it was logged; a line of attak's own is JSON. */
  readonly text: string
}

/** Which lines to read. */
export interface LogQuery {
  readonly processors: readonly string[]
  /** From this time on, milliseconds since 1970. */
  readonly fromMs: number
  /** Only lines that this CloudWatch filter pattern lets through; an emulator may let through more. */
  readonly pattern?: string
}

/**
 * Reads the lines of several functions from all pages, by time. A function that has never logged has none. What was
 * logged in the last seconds may be missing: CloudWatch Logs takes its time.
 */
export async function readLogLines(
  { clients, scope }: Pick<Account, 'clients' | 'scope'>,
  { processors, fromMs, pattern }: LogQuery,
): Promise<readonly LogLine[]> {
  const lines = await gather(processors, async (processor) => {
    const found: LogLine[] = []
    let nextToken: string | undefined
    do {
      const page = await unlessAbsent(
        clients.logs.send(
          new FilterLogEventsCommand({
            logGroupName: logGroupName(scope, processor),
            startTime: fromMs,
            ...(pattern !== undefined && { filterPattern: pattern }),
            nextToken,
          }),
        ),
      )
      for (const event of page?.events ?? []) found.push(lineOf(event, processor))
      nextToken = page?.nextToken
    } while (nextToken !== undefined)
    return found
  })
  return lines.flat().sort((a, b) => a.timeMs - b.timeMs)
}

function lineOf({ eventId, timestamp, message }: FilteredLogEvent, processor: string): LogLine {
  const text = (message ?? '').trimEnd()
  return { id: eventId ?? `${processor} ${timestamp} ${text}`, timeMs: timestamp ?? 0, processor, text }
}
