import { AttakError } from '../errors.ts'
import type { BrokerStatus } from '../runtime/broker.ts'
import { drawCount } from '../view/duration.ts'
import { colorsOf, drawJsonLine } from '../view/print.ts'
import { drawWord } from '../view/value.ts'
import { type Arguments, flagOf } from './command.ts'
import { confirmed } from './confirm.ts'
import { type Hint, hintOf } from './hint.ts'
import { type Host, interruptCode } from './host.ts'
import { type BrokerStage, waitingIn } from './on-broker.ts'
import type { NamedStage } from './stage.ts'

/**
 * Removes all that a topology has on a broker, after asking. Returns the exit code. Throws WORKERS_RUNNING, and DATA_LOSS_REFUSED
 * if messages or errors are there and may not be lost.
 */
export async function destroyOnBroker(
  { broker, place, status }: BrokerStage,
  stage: NamedStage,
  args: Arguments,
  host: Host,
): Promise<number> {
  const refusing = { place, mayLose: flagOf(args, 'allowDataLoss'), hint: hintOf(stage.given) }
  refuse(status, refusing)
  const data = dataIn(status)
  const channels = status.channels.map(({ name }) => name)
  const what = [drawCount(channels.length, 'channel'), ...data].join(', ')
  host.err.tell(`${place}: ${what}\n`)
  if (!(await confirmed(`Remove ${place} for good?`, { yes: flagOf(args, 'yes') }, host))) {
    host.err.tell('Nothing was removed.\n')
    return interruptCode(host.signal) ?? 1
  }
  // Much may happen before a question is answered.
  refuse(await broker.status(), refusing)
  await broker.destroy()
  if (flagOf(args, 'json')) host.out.write(drawJsonLine({ ...stage.scope, broker: broker.place, removed: channels }))
  else host.out.tell(`${colorsOf(host.out).green('✓')} ${place} is gone: ${what} removed\n`)
  return 0
}

interface Refusing {
  readonly place: string
  /** Whether messages and errors may be lost. */
  readonly mayLose: boolean
  readonly hint: Hint
}

function refuse(status: BrokerStatus, { place, mayLose, hint }: Refusing): void {
  const { workers } = status
  if (workers.length > 0) {
    const names = workers.map(({ host, pid }) => `process ${pid} on ${drawWord(host)}`)
    const what = `${drawCount(workers.length, 'worker')} of ${place} still ${workers.length === 1 ? 'runs' : 'run'}: ${names.join(', ')}`
    const remedy = 'Stop them first. A worker that was killed counts until its lease ends.'
    throw new AttakError('WORKERS_RUNNING', what, remedy)
  }
  const data = dataIn(status)
  if (data.length === 0 || mayLose) return
  const remedy = `Start workers that handle them, or lose them with ${hint('destroy --allow-data-loss')}.`
  throw new AttakError('DATA_LOSS_REFUSED', `${place} has ${data.join(', ')}`, remedy)
}

/** What would be lost, for people; empty if nothing would. */
function dataIn({ channels, errors }: BrokerStatus): readonly string[] {
  const delayed = channels.reduce((sum, channel) => sum + channel.delayed, 0)
  const waiting = channels.reduce((sum, channel) => sum + waitingIn(channel), 0) - delayed
  return [
    ...(waiting === 0 ? [] : [`${drawCount(waiting, 'record')} waiting`]),
    ...(delayed === 0 ? [] : [`${drawCount(delayed, 'record')} put off for a retry`]),
    ...(errors === 0 ? [] : [drawCount(errors, 'error')]),
  ]
}
