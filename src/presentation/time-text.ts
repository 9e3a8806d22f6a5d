/** Times and durations as people read them. The time of day is UTC: this room knows no time zone. */

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `02 Jan 06 15:04 UTC` (RFC 822, section 5, as lists of tokens show it). */
export function rfc822Time(time: Date): string {
  const year = two(time.getUTCFullYear() % 100)
  return `${two(time.getUTCDate())} ${months[time.getUTCMonth()]} ${year} ${two(time.getUTCHours())}:${two(time.getUTCMinutes())} UTC`
}

/** `Mon, 02 Jan 2006 15:04:05 UTC` (RFC 1123, section 5.2.14). */
export function rfc1123Time(time: Date): string {
  const date = `${weekdays[time.getUTCDay()]}, ${two(time.getUTCDate())} ${months[time.getUTCMonth()]} ${time.getUTCFullYear()}`
  return `${date} ${clockTime(time)} UTC`
}

/** `2006-01-02 15:04:05 +0000 UTC`, as `tsh status` shows the end of a login. */
export function statusTime(time: Date): string {
  return `${time.getUTCFullYear()}-${two(time.getUTCMonth() + 1)}-${two(time.getUTCDate())} ${clockTime(time)} +0000 UTC`
}

/** A duration with all its parts from the largest on, rounded to seconds: `11h59m0s`, `45s`, `0s`. */
export function longDuration(milliseconds: number): string {
  const seconds = Math.round(Math.abs(milliseconds) / second)
  const sign = milliseconds < 0 && seconds > 0 ? '-' : ''
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  if (hours > 0) return `${sign}${hours}h${minutes}m${rest}s`
  return minutes > 0 ? `${sign}${minutes}m${rest}s` : `${sign}${rest}s`
}

/** What is left until a time: `valid for 11h59m0s` in whole minutes, `valid for <1m`, or `EXPIRED`. */
export function validity(expires: Date, now: Date): string {
  const left = expires.getTime() - now.getTime()
  if (left <= 0) return 'EXPIRED'
  return left < minute ? 'valid for <1m' : `valid for ${longDuration(Math.round(left / minute) * minute)}`
}

/** `in 5m`, `3h ago`, `just now`: the largest unit only, rounded down. */
export function relativeTime(time: Date, now: Date): string {
  const distance = time.getTime() - now.getTime()
  const amount = Math.abs(distance)
  if (amount < second) return 'just now'
  const text = largestUnit(amount)
  return distance > 0 ? `in ${text}` : `${text} ago`
}

function largestUnit(milliseconds: number): string {
  if (milliseconds >= day) return `${Math.floor(milliseconds / day)}d`
  if (milliseconds >= hour) return `${Math.floor(milliseconds / hour)}h`
  if (milliseconds >= minute) return `${Math.floor(milliseconds / minute)}m`
  return `${Math.floor(milliseconds / second)}s`
}

function clockTime(time: Date): string {
  return `${two(time.getUTCHours())}:${two(time.getUTCMinutes())}:${two(time.getUTCSeconds())}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}
