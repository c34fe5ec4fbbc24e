// The servers that the rows of brokers run against, as the tests start them; and what looks into a broker, as commands do.
export { openBroker } from '../src/cli/broker.ts'
export { startRedis } from '../test/brokers/servers.ts'
