export const GROUP_ID = 'notifications';
