import { createMemoryTransport } from '../../../src/carriers/memory/transport.ts'
import { type ArrivedMessage, arrivedForm, transportContract } from '../../contract/transport.ts'

transportContract('memory', () => {
  const messages: ArrivedMessage[] = []
  const transport = createMemoryTransport((message) => messages.push(arrivedForm(message)))
  return { transport, arrived: async () => messages, close: async () => {} }
}, [
  {
    test: 'refuses a message that is too large, by its id, and takes the others',
    reason: 'it measures nothing; an emit is measured before it is sent',
  },
])
