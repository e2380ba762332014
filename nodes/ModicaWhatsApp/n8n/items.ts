import type { IDataObject, INodeExecutionData } from 'n8n-workflow';
import type { Output } from '../operations/operation';
import type { Fields } from '../parameters/values';

/** Converts an output to an n8n item that is paired with its input item. */
export function toItem({ item, json, binary }: Output): INodeExecutionData {
	return { json: toJson(json), ...(binary && { binary }), pairedItem: { item } };
}

/** Casts the fields of an item to n8n's type. n8n stores them as JSON. */
export function toJson(fields: Fields): IDataObject {
	return fields as IDataObject;
}
