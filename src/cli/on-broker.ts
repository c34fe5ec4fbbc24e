import { AttakError } from '../errors.ts'
import { PLACE_SETTINGS, SETTINGS } from '../project/setting-list.ts'
import { withoutPassword } from '../runtime/address.ts'
import type { BrokerSend, BrokerStatus, ChannelStatus, OpenBroker } from '../runtime/broker.ts'
import type { Arguments } from './command.ts'
import { hintOf } from './hint.ts'
import type { Host } from './host.ts'
import type { NamedStage } from './stage.ts'

/** A stage that workers have run over a broker. */
export interface BrokerStage {
  readonly broker: OpenBroker
  /** `orders (dev) on redis://localhost:6379`: where a command works, for its first line. */
  readonly place: string
  /** As it was when the broker was opened. It has a channel at least. */
  readonly status: BrokerStatus
}

/** What is only for a deployed topology, by the names of options. Each command adds its own. */
const AWS_OPTIONS: readonly string[] = PLACE_SETTINGS.filter((name) => name !== 'stage')

/**
 * Whether a command line selects the workers of a broker: by its flag alone, since a variable that is set for workers must not turn
 * another command around. Without the flag, prints that the setting is not used. Throws USAGE for a flag without any address, and
 * for options beside it that are for AWS: those that each command has, and `others`.
 */
export function isOnBroker(
  args: Arguments,
  { settings: { broker } }: Pick<NamedStage, 'settings'>,
  host: Host,
  others: readonly string[] = [],
): boolean {
  if (!hasBrokerFlag(args)) {
    if (broker.value !== undefined) {
      const place = `${withoutPassword(broker.value)} (${originOf(broker.origin)})`
      host.err.tell(`This command works on AWS. Add --broker for the workers on ${place}.\n`)
    }
    return false
  }
  const other = [...AWS_OPTIONS, ...others].find((name) => args.options[name] !== undefined)
  if (other !== undefined) {
    const flag = `--${other.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
    throw new AttakError('USAGE', `${flag} has no meaning with --broker`, `Leave out ${flag}, or --broker.`)
  }
  checkAddress(args, broker)
  return true
}

/** Throws USAGE if `--broker` has no address, and the setting has none. */
export function checkAddress(args: Arguments, { value }: NamedStage['settings']['broker']): void {
  if (value !== undefined || !hasBrokerFlag(args)) return
  const remedy = 'Give --broker redis://localhost:6379, or set ATTAK_BROKER.'
  throw new AttakError('USAGE', '--broker has no address, and ATTAK_BROKER is not set', remedy)
}

/** Whether a command line has `--broker`, with or without an address. */
export function hasBrokerFlag({ options }: Pick<Arguments, 'options'>): boolean {
  return options.broker !== undefined
}

function originOf(origin: NamedStage['settings']['broker']['origin']): string {
  const { variable } = SETTINGS.find(({ name }) => name === 'broker')!
  return origin === 'package.json' ? 'attak.broker in package.json' : variable
}

/**
 * Opens the broker of a stage, runs `use` with it and closes it again. Throws NOT_DEPLOYED if the stage has not run there,
 * BROKER_FAILED, CLIENT_MISSING or USAGE.
 */
export async function withBroker<Given>(
  { scope, settings, dir, given }: Pick<NamedStage, 'scope' | 'settings' | 'dir' | 'given'>,
  host: Host,
  use: (stage: BrokerStage) => Promise<Given>,
): Promise<Given> {
  const { openBroker } = await import('./broker.ts')
  const { broker } = await openBroker({
    ...{ ...scope, dir, url: settings.broker.value!, now: host.date },
    tell: (text) => host.err.tell(`${text}\n`),
  })
  try {
    const place = `${scope.topology} (${scope.stage}) on ${broker.place}`
    const status = await broker.status()
    if (status.channels.length === 0) {
      const remedy = `Correct the name, the stage or the address, or start it with ${hintOf(given)('run')}.`
      throw new AttakError('NOT_DEPLOYED', `there is no ${place}: no worker has run it there`, remedy)
    }
    return await use({ broker, place, status })
  } finally {
    await broker.close()
  }
}

/**
 * Returns what puts records into channels. It makes no channel: it throws NOT_DEPLOYED for one that is not there. With an `id`, it
 * does nothing if it sent with that id within a day.
 */
export function senderOn({ broker, place, status }: BrokerStage): (send: BrokerSend, id?: string) => Promise<void> {
  const channels = status.channels.map(({ name }) => name)
  let ready: Promise<unknown> | undefined
  return async (send, id) => {
    if (!channels.includes(send.channel)) {
      const what = `"${send.channel}" has no channel in ${place}`
      throw new AttakError('NOT_DEPLOYED', what, 'Start a worker that runs it. It makes the channel.')
    }
    // A broker knows the lanes of those channels then.
    ready ??= broker.ensure(channels)
    await ready
    await broker.send([send], id)
  }
}

/** How many records of a channel are not done: in its lanes, or held back for a retry. */
export function waitingIn({ lanes, delayed }: ChannelStatus): number {
  return lanes.reduce((sum, { records }) => sum + records, delayed)
}

/** Returns the channels that no worker receives. */
export function withoutWorker({ channels, workers }: BrokerStatus): readonly string[] {
  const received = new Set(workers.flatMap((worker) => worker.channels))
  return channels.map(({ name }) => name).filter((name) => !received.has(name))
}
