export { AttakError } from './errors.ts'
