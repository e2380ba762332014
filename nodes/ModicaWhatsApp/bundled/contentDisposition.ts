/** Parses a `Content-Disposition` (RFC 6266, RFC 8187) as leniently as browsers do. */
export { parse as parseContentDisposition } from 'content-disposition';
