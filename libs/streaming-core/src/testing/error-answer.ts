import { findApi, type ApiKey } from '../wire/apis/registry.js';
import { errorName } from '../wire/error-codes.js';
import { includes, type Field, type Fields } from '../wire/schema.js';
import { isStruct, type Struct } from './plain.js';
import { indexOf, nameOf, type TopicNames } from './request-facts.js';

const FETCH_KEY = 1;
/** What goes to the head of a Fetch answer; all other errors are a partition's. */
const SESSION_ERRORS = new Set([
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'FETCH_SESSION_TOPIC_ID_ERROR',
]);
const ERROR_CODES = new Set(['errorCode', 'partitionErrorCode']);
const NAME_FIELDS = new Set(['name', 'topic', 'topicName']);
const INDEX_FIELDS = new Set(['index', 'partition', 'partitionIndex']);
/** What a plain string of a request list names. */
const KEY_FIELDS = new Set(['name', 'topic', 'topicName', 'groupId', 'key', 'user', 'transactionalId']);
/** What a broker that could not serve a request says instead of 0. */
const UNKNOWN: Struct = { baseOffset: -1n, highWatermark: -1n, offset: -1n, timestamp: -1n, committedOffset: -1n };

/**
 * The answer of a broker that refuses a request as a whole, made from the schema: the code stands wherever the version has a
 * place for it, once for each topic, partition, group or resource that the request names.
 */
export function errorAnswer(
  apiKey: ApiKey,
  apiVersion: number,
  request: Struct,
  errorCode: number,
  topicNames: TopicNames,
): Struct {
  const fields = findApi(apiKey)!.response;
  const isSessionError = SESSION_ERRORS.has(errorName(errorCode));
  const making: Making = { apiVersion, errorCode, topicNames };
  if (apiKey !== FETCH_KEY) return fill(fields, request, making);
  const partitions = fill(fields, request, making);
  return isSessionError ? { ...partitions, responses: [] } : { ...partitions, errorCode: 0 };
}

interface Making {
  readonly apiVersion: number;
  readonly errorCode: number;
  readonly topicNames: TopicNames;
}

/** One structure of the answer, for the structure or the plain value of the request that it answers. */
function fill(fields: Fields, asked: unknown, making: Making): Struct {
  const answer: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    if (!includes(field.versions, making.apiVersion)) continue;
    answer[name] = valueOf(name, field, fields, asked, making);
  }
  return answer;
}

function valueOf(name: string, field: Field, siblings: Fields, asked: unknown, making: Making): unknown {
  if (ERROR_CODES.has(name)) return making.errorCode;
  if (name === 'errorMessage') return 'injected by a test';
  const { shape } = field;
  if (shape.kind === 'array') {
    if (!('fields' in shape.element) || !hasErrorCode(shape.element.fields, making.apiVersion)) return [];
    const { fields } = shape.element;
    return counterpart(asked, name).map((each) => fill(fields, each, making));
  }
  if (shape.kind === 'struct') return field.defaultValue;
  if (isStruct(asked)) {
    if (NAME_FIELDS.has(name)) return nameOf(asked, making.topicNames) ?? asked[name] ?? field.defaultValue;
    if (INDEX_FIELDS.has(name)) return indexOf(asked) ?? field.defaultValue;
    if ('errorCode' in siblings && typeof asked[name] === typeof field.defaultValue) return asked[name];
  } else if (typeof asked === 'string' && KEY_FIELDS.has(name)) return asked;
  else if (typeof asked === 'number' && INDEX_FIELDS.has(name)) return asked;
  return UNKNOWN[name] ?? field.defaultValue;
}

/** The list of a request that a list of the answer answers: that of the same name, else the first that has anything. */
function counterpart(asked: unknown, name: string): readonly unknown[] {
  if (!isStruct(asked)) return [];
  const lists = Object.values(asked).filter((value) => Array.isArray(value));
  const same = asked[name];
  if (Array.isArray(same) && same.length > 0) return same as readonly unknown[];
  return (lists.find((list) => list.length > 0) as readonly unknown[] | undefined) ?? [];
}

function hasErrorCode(fields: Fields, version: number): boolean {
  return Object.entries(fields).some(([name, field]) => {
    if (!includes(field.versions, version)) return false;
    if (ERROR_CODES.has(name)) return true;
    const { shape } = field;
    return shape.kind === 'array' && 'fields' in shape.element && hasErrorCode(shape.element.fields, version);
  });
}

/** Two answers to two parts of one request as one: lists are joined, topic by topic. */
export function joinAnswers(one: Struct, other: Struct): Struct {
  const joined: Record<string, unknown> = { ...one, ...other };
  for (const [name, value] of Object.entries(one)) {
    const more = other[name];
    if (Array.isArray(value) && Array.isArray(more)) joined[name] = joinLists(value, more);
  }
  return joined;
}

function joinLists(one: readonly unknown[], other: readonly unknown[]): readonly unknown[] {
  const joined = [...one];
  for (const entry of other) {
    const key = keyOf(entry);
    const at = key === null ? -1 : joined.findIndex((each) => keyOf(each) === key);
    const same = joined[at];
    if (isStruct(same) && isStruct(entry)) joined[at] = joinAnswers(same, entry);
    else joined.push(entry);
  }
  return joined;
}

/** What tells one topic of an answer from another; null for all that is not a topic. */
function keyOf(entry: unknown): string | null {
  if (!isStruct(entry)) return null;
  const name = entry['name'] ?? entry['topic'] ?? entry['topicName'] ?? '';
  const id = entry['topicId'] ?? '';
  return typeof name === 'string' && typeof id === 'string' && name + id !== '' ? `${name}/${id}` : null;
}

/** The errors that an answer holds anywhere, each once. */
export function errorsIn(answer: unknown): readonly string[] {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const each of value) visit(each);
    else if (isStruct(value)) {
      for (const [name, each] of Object.entries(value)) {
        if (ERROR_CODES.has(name) && typeof each === 'number' && each !== 0) found.add(errorName(each));
        else if (typeof each === 'object') visit(each);
      }
    }
  };
  visit(answer);
  return [...found];
}
