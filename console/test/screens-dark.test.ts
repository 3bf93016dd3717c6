import { testScreens } from './screens.ts';

testScreens({ name: 'dark', colorScheme: 'dark', width: 1280 });
