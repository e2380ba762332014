/**
 * The value of an `Authorization` header with HTTP Basic (RFC 7617), which the API uses and callbacks come with.
 * User name and password are encoded as UTF-8.
 */
export function authorizationHeader(username: unknown, password: unknown): string {
	return `Basic ${Buffer.from(`${String(username ?? '')}:${String(password ?? '')}`, 'utf8').toString('base64')}`;
}
