import type { INodeProperties } from 'n8n-workflow';

type Conditions = NonNullable<NonNullable<INodeProperties['displayOptions']>['show']>;

/** Returns a field that is shown only under additional conditions. */
export function showOnlyFor(conditions: Conditions, field: INodeProperties): INodeProperties {
	return {
		...field,
		displayOptions: { ...field.displayOptions, show: { ...conditions, ...field.displayOptions?.show } },
	};
}
