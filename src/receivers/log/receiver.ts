import { oneOf, receiverOf } from '../receiver.ts'

/** Writes each message to the log. */
export const logReceiver = receiverOf({
  name: 'log',
  rules: { level: oneOf('debug', 'info', 'warn', 'error') },
  open({ level = 'info' }, { log }) {
    return {
      async handle(message) {
        log.log(String(level), typeof message === 'string' ? message : (JSON.stringify(message) ?? 'undefined'))
      },
    }
  },
})

export default logReceiver
