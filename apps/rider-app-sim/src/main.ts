import { runApp } from '@ridestream/platform/http/run-app';
import { simApp } from './app.js';

await runApp(() => simApp());
