// Written by generate.mts from openapi.yaml. Change that file, then run `npx tsx test/contract/generate.mts`.
export interface paths {
	"/messages": {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		/**
		 * Get message by message ID
		 * @description Get a message by the message ID
		 */
		get: operations["GetMessages"];
		put?: never;
		/**
		 * Send a message to a customer
		 * @description There is no idempotency key; each accepted request is one more message.
		 */
		post: operations["PostMessages"];
		delete?: never;
		options?: never;
		head?: never;
		/**
		 * Update an existing message status
		 * @description Update an existing message status e.g. mark as read.
		 */
		patch: operations["PatchMessages"];
		trace?: never;
	};
	"/messages/broadcast": {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		get?: never;
		put?: never;
		/**
		 * Send a broadcast message to customers
		 * @description The largest number of destinations is not published.
		 */
		post: operations["messages_broadcast_post"];
		delete?: never;
		options?: never;
		head?: never;
		patch?: never;
		trace?: never;
	};
	"/media": {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		/**
		 * downloading media
		 * @description Download message media.
		 */
		get: operations["GetMedia"];
		put?: never;
		/** uploading media */
		post: operations["PostMedia"];
		delete?: never;
		options?: never;
		head?: never;
		patch?: never;
		trace?: never;
	};
	"/healthz": {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		/** Check the health of the API */
		get: operations["GetHealthz"];
		put?: never;
		post?: never;
		delete?: never;
		options?: never;
		head?: never;
		patch?: never;
		trace?: never;
	};
}
export interface webhooks {
	statusCallback: {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		get?: never;
		put?: never;
		/**
		 * Status/DLR callback
		 * @description Sent to the application's `statusCallbackUrl` when the status of a MT message is
		 *     updated. The URL may carry Basic auth credentials. Callbacks can arrive twice,
		 *     late and out of order.
		 */
		post: operations["messageCallback"];
		delete?: never;
		options?: never;
		head?: never;
		patch?: never;
		trace?: never;
	};
	replyCallback: {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		get?: never;
		put?: never;
		/**
		 * Reply/MO callback
		 * @description Sent to the application's `replyCallbackUrl` when a MO message is received.
		 */
		post: operations["replyCallback"];
		delete?: never;
		options?: never;
		head?: never;
		patch?: never;
		trace?: never;
	};
}
export interface components {
	schemas: {
		/**
		 * @description An error in one of two shapes: the reference's schema says `APIErrorResponse`, its
		 *     examples show `APIErrorMessage`. Both are seen.
		 */
		ErrorBody: components["schemas"]["APIErrorResponse"] | components["schemas"]["APIErrorMessage"];
		/**
		 * @description Top-level structure wrapping error objects. The reference does not require
		 *     `errors`; without it nothing would tell this shape from the other.
		 */
		APIErrorResponse: {
			errors: components["schemas"]["APIError"][];
		};
		/** @description An API error structure. */
		APIError: {
			field: string;
			code: string;
			description: string;
		};
		/** @description The error as the reference's examples show it. The reference gives it no name. */
		APIErrorMessage: {
			message: string;
			/** Format: int32 */
			statusCode: number;
			error: string;
		};
		/**
		 * @description Supported media mime types.
		 * @enum {string}
		 */
		MediaMimeType: "image/png" | "image/jpeg" | "text/plain" | "application/pdf" | "audio/mp3" | "video/mp4";
		/**
		 * @description The destination number in E.164 format.
		 * @example +64123456789
		 */
		E164: string;
		/**
		 * Format: uuid
		 * @description A string with UUID format.
		 * @example 3fa85f64-5717-4562-b3fc-2c963f66afa6
		 */
		Uuid: string;
		/**
		 * @description The WhatsApp business number id. Its characters and length are from other vendor pages.
		 * @example 102046588645210
		 */
		BusinessNumberId: string;
		/**
		 * @description The ID for a media item. Its characters and length are from other vendor pages.
		 * @example abcd1234xyz
		 */
		MediaId: string;
		/**
		 * Format: uri
		 * @example https://example.com/picture.png
		 */
		MediaLink: string;
		/**
		 * @description The order of life is accepted, submitted, sent, received, read. `frozen` is a hold
		 *     that may pass; rejected, failed, dead and expired are final.
		 * @enum {string}
		 */
		MessageStatus: "accepted" | "submitted" | "sent" | "received" | "read" | "frozen" | "rejected" | "failed" | "dead" | "expired";
		/**
		 * @description Message destination fields. The reference requires neither, and says nothing of both
		 *     at once: a message needs one recipient, so exactly one is asked for.
		 */
		MessageDestination: {
			to?: components["schemas"]["E164"];
			destination?: components["schemas"]["E164"];
		} & (unknown | unknown);
		/** @description Broadcast message destination fields. */
		BroadcastMessageDestination: {
			/** @description Array of destination numbers in E.164 format. */
			destination: components["schemas"]["E164"][];
		};
		/** @description Common message fields. */
		MessageCommon: {
			source?: components["schemas"]["BusinessNumberId"];
			/**
			 * Format: date-time
			 * @description Allows scheduling of messages with an upper limit of 60 days.
			 */
			scheduled?: string;
			/** @enum {string} */
			type: "text" | "template" | "media";
			reference?: string;
		};
		TextContent: {
			/** @description The bounds are WhatsApp's own, in code points. */
			body: string;
		};
		MediaContent: {
			/** @enum {string} */
			type: "audio" | "document" | "image" | "video";
			url: components["schemas"]["MediaLink"];
		};
		TemplateContent: {
			/** @description The pattern and length are WhatsApp's own. */
			name: string;
			/**
			 * @description The pattern is WhatsApp's own.
			 * @example en_US
			 */
			language: string;
			header_params?: components["schemas"]["TemplateParameter"][];
			body_params?: components["schemas"]["TemplateParameter"][];
			media?: {
				type?: string;
				url?: components["schemas"]["MediaLink"];
			};
			buttons?: components["schemas"]["TemplateButton"][];
		};
		/** @description WhatsApp refuses an empty template parameter. */
		TemplateParameter: string;
		TemplateButton: {
			/**
			 * Format: int32
			 * @description The reference says number(int32).
			 */
			index?: number;
			type?: string;
			payload?: string;
		};
		Message: components["schemas"]["MessageText"] | components["schemas"]["MessageMedia"] | components["schemas"]["MessageTemplate"];
		/** @description Message of Text type. */
		MessageText: {
			/** @constant */
			type: "text";
			text: components["schemas"]["TextContent"];
		} & (components["schemas"]["MessageDestination"] & WithRequired<components["schemas"]["MessageCommon"], "type"> & {
			/**
			 * @description discriminator enum property added by openapi-typescript
			 * @enum {string}
			 */
			type: "text";
		});
		/** @description Message of Media type. */
		MessageMedia: {
			/** @constant */
			type: "media";
			media: components["schemas"]["MediaContent"];
		} & (components["schemas"]["MessageDestination"] & WithRequired<components["schemas"]["MessageCommon"], "type"> & {
			/**
			 * @description discriminator enum property added by openapi-typescript
			 * @enum {string}
			 */
			type: "media";
		});
		/** @description Message of Template type. */
		MessageTemplate: {
			/** @constant */
			type: "template";
			template: components["schemas"]["TemplateContent"];
		} & (components["schemas"]["MessageDestination"] & WithRequired<components["schemas"]["MessageCommon"], "type"> & {
			/**
			 * @description discriminator enum property added by openapi-typescript
			 * @enum {string}
			 */
			type: "template";
		});
		BroadcastMessage: components["schemas"]["BroadcastMessageText"] | components["schemas"]["BroadcastMessageMedia"] | components["schemas"]["BroadcastMessageTemplate"];
		/** @description Message of Text type. */
		BroadcastMessageText: {
			/** @constant */
			type: "text";
			text: components["schemas"]["TextContent"];
		} & (components["schemas"]["BroadcastMessageDestination"] & WithRequired<components["schemas"]["MessageCommon"], "type"> & {
			/**
			 * @description discriminator enum property added by openapi-typescript
			 * @enum {string}
			 */
			type: "text";
		});
		/** @description Message of Media type. */
		BroadcastMessageMedia: {
			/** @constant */
			type: "media";
			media: components["schemas"]["MediaContent"];
		} & (components["schemas"]["BroadcastMessageDestination"] & WithRequired<components["schemas"]["MessageCommon"], "type"> & {
			/**
			 * @description discriminator enum property added by openapi-typescript
			 * @enum {string}
			 */
			type: "media";
		});
		/** @description Message of Template type. */
		BroadcastMessageTemplate: {
			/** @constant */
			type: "template";
			template: components["schemas"]["TemplateContent"];
		} & (components["schemas"]["BroadcastMessageDestination"] & WithRequired<components["schemas"]["MessageCommon"], "type"> & {
			/**
			 * @description discriminator enum property added by openapi-typescript
			 * @enum {string}
			 */
			type: "template";
		});
		MessageUpdate: {
			message_id: components["schemas"]["Uuid"];
		};
		/**
		 * @description The reference requires no part; an upload without a file is nothing, so `file` is
		 *     asked for. Its reference type is string(base64) but its media type is
		 *     multipart/form-data: the part holds the bytes themselves.
		 */
		MediaUpload: {
			file: string;
		};
		MessageAccepted: {
			message_id: components["schemas"]["Uuid"];
			/** @enum {string} */
			status?: "accepted";
		} | {
			id: components["schemas"]["Uuid"];
			/** @enum {string} */
			status?: "accepted";
			reference?: string;
		}[];
		BroadcastMessageRow: {
			destination?: components["schemas"]["E164"];
			id?: components["schemas"]["Uuid"];
			/** @enum {string} */
			status?: "accepted" | "failed";
			message?: string;
		};
		MediaUploaded: {
			id: components["schemas"]["MediaId"];
		} | {
			id: components["schemas"]["MediaId"];
		}[];
		/** @description Status callback structure. */
		StatusCallback: {
			/** Format: uuid */
			id?: string;
			reference?: string;
			status?: components["schemas"]["MessageStatus"];
		};
		/**
		 * @description Reply callback structure. One vendor page spells `destination` with a capital; the
		 *     reference describes `content` as a JSON string and shows an object.
		 */
		ReplyCallback: {
			/** Format: uuid */
			id?: string;
			/** @description The customer number */
			source?: string;
			/** @description The business number */
			destination?: string;
			/** @description The business number as one other vendor page spells it */
			Destination?: string;
			content?: string | components["schemas"]["ReplyCallbackContent"];
		};
		/** @description Reply callback content encoded as a JSON string. */
		ReplyCallbackContent: {
			/** @enum {string} */
			type?: "audio" | "button" | "document" | "image" | "sticker" | "text" | "video";
			audio?: {
				id?: string;
				mime_type?: components["schemas"]["MediaMimeType"];
			};
			button?: {
				payload?: string;
				text?: string;
			};
			document?: {
				caption?: string;
				filename?: string;
				sha256?: string;
				id?: string;
				mime_type?: components["schemas"]["MediaMimeType"];
			};
			image?: {
				caption?: string;
				sha256?: string;
				id?: string;
				mime_type?: components["schemas"]["MediaMimeType"];
			};
			sticker?: {
				sha256?: string;
				id?: string;
				mime_type?: components["schemas"]["MediaMimeType"];
			};
			text?: {
				body?: string;
				preview_url?: string;
			};
			video?: {
				caption?: string;
				filename?: string;
				sha256?: string;
				id?: string;
				mime_type?: components["schemas"]["MediaMimeType"];
			};
		};
		/**
		 * @description Message details structure. Other vendor pages show `source` and `destination` in the
		 *     place of `business_number_id` and `customer_number_id`.
		 */
		MessageDetails: {
			/** Format: uuid */
			id?: string;
			reference?: string;
			application_id?: string;
			status?: components["schemas"]["MessageStatus"];
			business_number_id?: string;
			customer_number_id?: string;
			source?: string;
			destination?: string;
			/** Format: int64 */
			timestamp?: number;
			direction?: string;
			/** @enum {string} */
			type?: "text" | "template" | "media";
			attributes?: {
				header?: string;
				media?: {
					id?: string;
					/** @enum {string} */
					type?: "image" | "audio" | "video" | "document";
				};
				body?: string;
				footer?: string;
				buttons?: {
					text?: string;
				}[];
			};
		};
	};
	responses: {
		/** @description OK. The reference describes no body. */
		Done: {
			headers: {
				"Content-Security-Policy": components["headers"]["Content-Security-Policy"];
				"Strict-Transport-Security": components["headers"]["Strict-Transport-Security"];
				"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
				[name: string]: unknown;
			};
			content?: never;
		};
		/** @description callback successfully processed */
		CallbackProcessed: {
			headers: {
				"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
				[name: string]: unknown;
			};
			content?: never;
		};
		/**
		 * @description Unauthorized access error: a wrong user name or password, or an address outside
		 *     the application's allow-list.
		 */
		Unauthorized: {
			headers: {
				"Content-Security-Policy": components["headers"]["Content-Security-Policy"];
				"Strict-Transport-Security": components["headers"]["Strict-Transport-Security"];
				"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
				[name: string]: unknown;
			};
			content: {
				"application/json": components["schemas"]["ErrorBody"];
			};
		};
		/**
		 * @description Too many requests error. The reference's example says `statusCode: 500`: the HTTP
		 *     status rules, never the one in the body.
		 */
		TooManyRequests: {
			headers: {
				"Content-Security-Policy": components["headers"]["Content-Security-Policy"];
				"Strict-Transport-Security": components["headers"]["Strict-Transport-Security"];
				"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
				"Retry-After": components["headers"]["Retry-After"];
				[name: string]: unknown;
			};
			content: {
				"application/json": components["schemas"]["ErrorBody"];
			};
		};
		/** @description Internal Server Error. */
		InternalServerError: {
			headers: {
				"Content-Security-Policy": components["headers"]["Content-Security-Policy"];
				"Strict-Transport-Security": components["headers"]["Strict-Transport-Security"];
				"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
				[name: string]: unknown;
			};
			content: {
				"application/json": components["schemas"]["ErrorBody"];
			};
		};
		/** @description API Error Response. */
		ClientError: {
			headers: {
				"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
				[name: string]: unknown;
			};
			content: {
				"application/json": components["schemas"]["ErrorBody"];
			};
		};
	};
	parameters: {
		/**
		 * @description The WhatsApp business number id. The 1.2.0 reference has no such parameter;
		 *     version 1.3.1 requires it.
		 */
		MediaSource: components["schemas"]["BusinessNumberId"];
	};
	requestBodies: never;
	headers: {
		/** @description Content Security Policy to prevent certain types of attacks. */
		"Content-Security-Policy": string;
		/** @description HSTS header to enforce HTTPS */
		"Strict-Transport-Security": string;
		/** @description Requests per second limit. */
		"X-RateLimit-Limit": number;
		/** @description The number of seconds to wait before allowing a follow-up request. */
		"Retry-After": number;
	};
	pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
	GetMessages: {
		parameters: {
			query: {
				/** @description The message ID */
				id: components["schemas"]["Uuid"];
			};
			header?: never;
			path?: never;
			cookie?: never;
		};
		requestBody?: never;
		responses: {
			/** @description Get Message response structure. */
			200: {
				headers: {
					"Content-Security-Policy": components["headers"]["Content-Security-Policy"];
					"Strict-Transport-Security": components["headers"]["Strict-Transport-Security"];
					"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
					[name: string]: unknown;
				};
				content: {
					"application/json": components["schemas"]["MessageDetails"];
				};
			};
			401: components["responses"]["Unauthorized"];
			429: components["responses"]["TooManyRequests"];
			500: components["responses"]["InternalServerError"];
			"4XX": components["responses"]["ClientError"];
		};
	};
	PostMessages: {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		requestBody: {
			content: {
				"application/json": components["schemas"]["Message"];
			};
		};
		responses: {
			/**
			 * @description Post Message response structure. The reference shows an object with
			 *     `message_id`; other vendor pages show an array of one row with `id`.
			 */
			202: {
				headers: {
					"Content-Security-Policy": components["headers"]["Content-Security-Policy"];
					"Strict-Transport-Security": components["headers"]["Strict-Transport-Security"];
					"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
					[name: string]: unknown;
				};
				content: {
					"application/json": components["schemas"]["MessageAccepted"];
				};
			};
			401: components["responses"]["Unauthorized"];
			429: components["responses"]["TooManyRequests"];
			500: components["responses"]["InternalServerError"];
			"4XX": components["responses"]["ClientError"];
		};
	};
	PatchMessages: {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		requestBody: {
			content: {
				"application/json": components["schemas"]["MessageUpdate"];
			};
		};
		responses: {
			200: components["responses"]["Done"];
			401: components["responses"]["Unauthorized"];
			429: components["responses"]["TooManyRequests"];
			500: components["responses"]["InternalServerError"];
			"4XX": components["responses"]["ClientError"];
		};
	};
	messages_broadcast_post: {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		requestBody: {
			content: {
				"application/json": components["schemas"]["BroadcastMessage"];
			};
		};
		responses: {
			/**
			 * @description Broadcast Message response structure: one row for each destination. The
			 *     reference's examples leave `destination` out of the rows, its schema and other
			 *     vendor pages have it. A refused row carries `message`, which the schema of the
			 *     reference leaves out and its example shows.
			 */
			202: {
				headers: {
					"Content-Security-Policy": components["headers"]["Content-Security-Policy"];
					"Strict-Transport-Security": components["headers"]["Strict-Transport-Security"];
					"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
					[name: string]: unknown;
				};
				content: {
					"application/json": components["schemas"]["BroadcastMessageRow"][];
				};
			};
			401: components["responses"]["Unauthorized"];
			429: components["responses"]["TooManyRequests"];
			500: components["responses"]["InternalServerError"];
			/** @description The reference lists no other 4XX here; the body is as closed as that of the single send, so it is refused alike. */
			"4XX": components["responses"]["ClientError"];
		};
	};
	GetMedia: {
		parameters: {
			query: {
				/** @description The ID for the media item. Its characters and length are from other vendor pages. */
				media_id: components["schemas"]["MediaId"];
				/**
				 * @description The WhatsApp business number id. The 1.2.0 reference has no such parameter;
				 *     version 1.3.1 requires it.
				 */
				source?: components["parameters"]["MediaSource"];
			};
			header?: never;
			path?: never;
			cookie?: never;
		};
		requestBody?: never;
		responses: {
			/** @description Get Media response structure. The body is the file itself, in the media type it was stored with. */
			200: {
				headers: {
					"Content-Security-Policy": components["headers"]["Content-Security-Policy"];
					"Strict-Transport-Security": components["headers"]["Strict-Transport-Security"];
					"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
					[name: string]: unknown;
				};
				content: {
					"*/*": unknown;
				};
			};
			401: components["responses"]["Unauthorized"];
			429: components["responses"]["TooManyRequests"];
			500: components["responses"]["InternalServerError"];
			"4XX": components["responses"]["ClientError"];
		};
	};
	PostMedia: {
		parameters: {
			query?: {
				/**
				 * @description The WhatsApp business number id. The 1.2.0 reference has no such parameter;
				 *     version 1.3.1 requires it.
				 */
				source?: components["parameters"]["MediaSource"];
			};
			header?: never;
			path?: never;
			cookie?: never;
		};
		requestBody: {
			content: {
				"multipart/form-data": components["schemas"]["MediaUpload"];
			};
		};
		responses: {
			/**
			 * @description Upload Media response structure. The reference shows an object; other vendor
			 *     pages show an array of one.
			 */
			200: {
				headers: {
					"Content-Security-Policy": components["headers"]["Content-Security-Policy"];
					"Strict-Transport-Security": components["headers"]["Strict-Transport-Security"];
					"X-RateLimit-Limit": components["headers"]["X-RateLimit-Limit"];
					[name: string]: unknown;
				};
				content: {
					"application/json": components["schemas"]["MediaUploaded"];
				};
			};
			401: components["responses"]["Unauthorized"];
			429: components["responses"]["TooManyRequests"];
			500: components["responses"]["InternalServerError"];
			"4XX": components["responses"]["ClientError"];
		};
	};
	GetHealthz: {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		requestBody?: never;
		responses: {
			200: components["responses"]["Done"];
			401: components["responses"]["Unauthorized"];
			429: components["responses"]["TooManyRequests"];
			500: components["responses"]["InternalServerError"];
			"4XX": components["responses"]["ClientError"];
		};
	};
	messageCallback: {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		requestBody: {
			content: {
				"application/json": components["schemas"]["StatusCallback"];
			};
		};
		responses: {
			200: components["responses"]["CallbackProcessed"];
			401: components["responses"]["Unauthorized"];
			429: components["responses"]["TooManyRequests"];
			500: components["responses"]["InternalServerError"];
			"4XX": components["responses"]["ClientError"];
		};
	};
	replyCallback: {
		parameters: {
			query?: never;
			header?: never;
			path?: never;
			cookie?: never;
		};
		requestBody: {
			content: {
				"application/json": components["schemas"]["ReplyCallback"];
			};
		};
		responses: {
			200: components["responses"]["CallbackProcessed"];
			401: components["responses"]["Unauthorized"];
			429: components["responses"]["TooManyRequests"];
			500: components["responses"]["InternalServerError"];
			"4XX": components["responses"]["ClientError"];
		};
	};
}
type WithRequired<T, K extends keyof T> = T & {
	[P in K]-?: T[P];
};
