import { memory } from '../../../src/carriers/memory/carrier.ts'
import type { Message } from '../../../src/runtime/message.ts'
import { type ArrivedMessage, arrivedForm, carrierContract } from '../../contract/carrier.ts'

carrierContract('memory', () => {
  const messages: ArrivedMessage[] = []
  const arrive = (message: Message) => void messages.push(arrivedForm(message))
  const { limits, orderedByKey } = memory.rules
  return {
    way: {
      limits: { ...limits, orderedByKey: orderedByKey.plain },
      open: () => memory.openSender(arrive),
    },
    arrived: async () => messages,
    close: async () => {},
  }
}, [
  {
    test: 'refuses a message that is too large, by its id, and accepts the others',
    reason: 'it measures nothing; an emit is measured before it is sent',
  },
])
