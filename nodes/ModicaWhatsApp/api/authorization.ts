/**
 * Returns the value of an `Authorization` header for HTTP Basic authentication (RFC 7617), which both the API and its
 * callbacks use. Username and password are encoded as UTF-8.
 */
export function authorizationHeader(username: unknown, password: unknown): string {
	return `Basic ${Buffer.from(`${String(username ?? '')}:${String(password ?? '')}`, 'utf8').toString('base64')}`;
}
