import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException } from '@nestjs/common';
import type { Response } from 'express';
import type { Logger } from 'pino';
import { ApiException, type ApiErrorBody } from './api-error.js';

/** One shape for every error answer. What was not expected is logged whole and told to nobody. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') {
      this.logger.error({ err: error }, 'an event handler failed');
      return;
    }
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) {
      response.end();
      return;
    }
    // Health reports answer 503 with a body of their own.
    if (error instanceof HttpException && error.getStatus() === 503 && isHealthReport(error.getResponse())) {
      response.status(503).json(error.getResponse());
      return;
    }
    const body = this.bodyOf(error);
    response.status(body.statusCode).json(body);
  }

  private bodyOf(error: unknown): ApiErrorBody {
    if (error instanceof ApiException) return error.toBody();
    if (error instanceof HttpException) {
      const statusCode = error.getStatus();
      return { statusCode, code: CODES[statusCode] ?? 'HTTP_ERROR', message: error.message };
    }
    const parserError = bodyParserError(error);
    if (parserError) return parserError;
    this.logger.error({ err: error }, 'a request failed');
    return { statusCode: 500, code: 'INTERNAL_ERROR', message: 'Something went wrong here. It has been logged.' };
  }
}

const CODES: Readonly<Record<number, string>> = {
  400: 'INVALID_INPUT',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_ALLOWED',
  409: 'CONFLICT',
  413: 'TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE',
  429: 'TOO_MANY_REQUESTS',
  503: 'UNAVAILABLE',
};

const isHealthReport = (body: unknown): body is object =>
  typeof body === 'object' && body !== null && 'status' in body && 'details' in body;

/** Express' body parser throws plain errors that carry a status: bad JSON, too large, an unknown charset. */
function bodyParserError(error: unknown): ApiErrorBody | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined;
  if (error.status < 400 || error.status > 499) return undefined;
  return { statusCode: error.status, code: CODES[error.status] ?? 'INVALID_INPUT', message: error.message };
}
