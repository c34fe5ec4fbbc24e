// The servers that the rows of brokers run against, as the tests start them.
export { stopServers } from '../test/brokers/process.ts'
export { startRedis } from '../test/brokers/servers.ts'
