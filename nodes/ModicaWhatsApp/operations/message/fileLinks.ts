import { fieldName, readBinary } from '../../parameters/binaryField';
import type { Context, Item } from '../operation';

/** Returns a link to the file in the binary field that a parameter names. */
export type FileLink = (parameter: string, name: unknown) => string;

/** Returns a function that creates links to the files of an item, valid when the message is due. */
export function fileLinks(item: Item, { linkTo }: Context, scheduled: string | undefined): FileLink {
	return (parameter, value) => {
		const field = { parameter, name: fieldName(value) };
		return linkTo(readBinary(item, field), field, scheduled);
	};
}
