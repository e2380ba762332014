import { fieldName, readBinary } from '../../parameters/binaryField';
import type { Context, Item } from '../operation';

/** Gives a link to the file that a parameter of the item names. */
export type FileLink = (parameter: string, name: unknown) => string;

/** Links to the files of an item, for Modica to fetch when the message is due. */
export function fileLinks(item: Item, { linkTo }: Context, scheduled: string | undefined): FileLink {
	return (parameter, value) => {
		const field = { parameter, name: fieldName(value) };
		return linkTo(readBinary(item, field), field, scheduled);
	};
}
