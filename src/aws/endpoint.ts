/** The variables of a process. They are read at each call, because they may change. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where calls of a service go, without a slash at the end: `https://kinesis.eu-west-1.amazonaws.com`, or what
 * `AWS_ENDPOINT_URL_KINESIS` or else `AWS_ENDPOINT_URL` say. Source: AWS SDKs and tools reference guide, "Service-specific
 * endpoints", read 2026-11-21.
 */
export function endpointOf(env: Environment, service: string, region: string): string {
  const set = env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] || env.AWS_ENDPOINT_URL
  return set ? set.replace(/\/+$/, '') : `https://${service}.${region}.${domainOf(region)}`
}

/** Source: the partitions of @aws-sdk/core 3.981.0, read 2026-11-21. */
const DOMAINS: readonly (readonly [start: string, domain: string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-isob-', 'sc2s.sgov.gov'],
  ['us-isof-', 'csp.hci.ic.gov'],
  ['us-iso-', 'c2s.ic.gov'],
  ['eu-isoe-', 'cloud.adc-e.uk'],
]

function domainOf(region: string): string {
  return DOMAINS.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com'
}
