import { expect, it, test } from 'vitest'
import { mended } from '../../../src/clouds/aws/failure.ts'
import { AttakError } from '../../../src/errors.ts'

const PLACE = { doing: 'write function/bill', region: 'eu-west-1' }

function failure(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more })
}

const service = { $fault: 'client', $metadata: { httpStatusCode: 400 } }

test.each([
  ['CREDENTIALS_MISSING', failure('CredentialsProviderError', 'Could not load credentials from any providers')],
  ['CREDENTIALS_EXPIRED', failure('ExpiredTokenException', 'The security token is expired', service)],
  ['CREDENTIALS_REFUSED', failure('UnrecognizedClientException', 'The security token is invalid', service)],
  ['CREDENTIALS_REFUSED', failure('SignatureDoesNotMatch', 'The signature does not match', service)],
  ['PERMISSION_MISSING', failure('AccessDenied', 'no', service)],
  ['QUOTA_EXCEEDED', failure('CodeStorageExceededException', 'no room', service)],
  ['AWS_REFUSED', failure('InvalidParameterValueException', 'no', service)],
  ['AWS_UNREACHABLE', failure('Error', 'getaddrinfo ENOTFOUND lambda.eu-wset-1.amazonaws.com', { code: 'ENOTFOUND' })],
  ['AWS_UNREACHABLE', failure('Error', 'connect ECONNREFUSED 127.0.0.1:4566', { code: 'ECONNREFUSED' })],
  ['AWS_UNREACHABLE', failure('TimeoutError', 'no answer')],
])('a failure is reported as %s', (code, error) => {
  const told = mended(error, PLACE)
  expect(told).toBeInstanceOf(AttakError)
  expect(told).toMatchObject({ code, message: expect.stringContaining('could not write function/bill: ') })
  expect((told as AttakError).remedy).not.toBe('')
})

it('names the missing action and its resource', () => {
  const message =
    'User: arn:aws:iam::123456789012:user/ada is not authorized to perform: lambda:CreateFunction on resource: ' +
    'arn:aws:lambda:eu-west-1:123456789012:function:orders--dev--bill because no identity-based policy allows it'
  expect(mended(failure('AccessDeniedException', message, service), PLACE)).toMatchObject({
    code: 'PERMISSION_MISSING',
    message:
      'could not write function/bill: the permission lambda:CreateFunction is missing on ' +
      'arn:aws:lambda:eu-west-1:123456789012:function:orders--dev--bill',
    remedy: 'Grant it; `attak policy` prints all that deploying needs.',
  })
})

it('keeps nothing of a request, which has the session token', () => {
  const request = { $response: { headers: { 'x-amz-security-token': 'hush' } } }
  const told = mended(failure('AccessDenied', 'no', { ...service, ...request }), PLACE) as AttakError
  expect(Object.keys(told.cause as Error)).toEqual(['name'])
})

it('puts a message of several lines on one line, so the remedy is at its end', () => {
  const told = mended(failure('ValidationException', 'bad name\r\n  [OK] all well\u2028done', service), PLACE)
  expect(told).toMatchObject({
    message: 'could not write function/bill: ValidationException: bad name [OK] all well done',
  })
})

it('does not change our own errors and bugs', () => {
  const own = new AttakError('ROLE_NOT_FOUND', 'no role', 'Make it.')
  const bug = new TypeError('undefined is not a function')
  expect(mended(own, PLACE)).toBe(own)
  expect(mended(bug, PLACE)).toBe(bug)
})
