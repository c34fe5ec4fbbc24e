import { type FilteredLogEvent, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import { logGroupName } from '../../aws/names.ts'
import { gather, pagesOf } from '../../aws/sdk.ts'
import type { LogLine, LogQuery } from '../../deploy/cloud.ts'
import { validTime } from './answers.ts'
import { unlessAbsent } from './failure.ts'
import type { Account } from './kind.ts'

/**
 * Reads the lines of several functions from all pages, by time. A function that has never logged has none. Lines of the
 * last seconds may be missing, because CloudWatch Logs lags.
 */
export async function readLogLines(
  { clients, scope }: Pick<Account, 'clients' | 'scope'>,
  { processors, fromMs, ...asked }: LogQuery,
): Promise<readonly LogLine[]> {
  const pattern = patternOf(asked)
  const lines = await gather(processors, async (processor) => {
    const events = await pagesOf(async (nextToken) => {
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
      return { items: page?.events, next: page?.nextToken }
    })
    return events.map((event) => lineOf(event, processor))
  })
  return lines.flat().sort((a, b) => a.timeMs - b.timeMs)
}

function lineOf({ eventId, timestamp, message }: FilteredLogEvent, processor: string): LogLine {
  const text = (message ?? '').trimEnd()
  const id = eventId ?? `${processor} ${timestamp} ${text}`
  return { id, timeMs: validTime(timestamp), processor, text, ...(isOfPlatform(text) && { isPlatform: true }) }
}

/**
 * Returns the filter pattern of a query; an emulator may let more lines through. Source: CloudWatch Logs user guide,
 * "Using filter patterns to match terms in JSON log events", read 2026-11-21.
 */
function patternOf({ message, root }: Pick<LogQuery, 'message' | 'root'>): string | undefined {
  if (root !== undefined) return `{ $.root = "${root}" }`
  return message === undefined ? undefined : `{ ($.message = "${message}*") || ($.id = "${message}*") }`
}

/** Whether Lambda itself wrote a line, as text or as JSON. */
export function isOfPlatform(text: string): boolean {
  if (/^(?:START|END|REPORT) RequestId:|^INIT_START |^XRAY TraceId:/.test(text)) return true
  if (!text.startsWith('{') || !text.includes('"platform.')) return false
  try {
    return String((JSON.parse(text) as { readonly type?: unknown }).type ?? '').startsWith('platform.')
  } catch {
    return false
  }
}
