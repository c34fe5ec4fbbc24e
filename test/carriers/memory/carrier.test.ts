import { MEMORY_BYTES, memorySender } from '../../../src/carriers/memory/carrier.ts'
import { type ArrivedMessage, arrivedForm, carrierContract } from '../../contract/carrier.ts'

carrierContract('memory', () => {
  const messages: ArrivedMessage[] = []
  const open = () => memorySender((message) => void messages.push(arrivedForm(message)))
  return {
    way: { limits: { messageBytes: MEMORY_BYTES, orderedByKey: true }, open },
    arrived: async () => messages,
    close: async () => {},
  }
}, [
  {
    test: 'refuses a message that is too large, by its id, and takes the others',
    reason: 'it measures nothing; an emit is measured before it is sent',
  },
])
