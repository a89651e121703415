;;; storywright.el --- Write long fiction with Storywright and eglot  -*- lexical-binding: t; -*-

;; SPDX-License-Identifier: MIT
;; Package-Requires: ((emacs "28.1") (eglot "1.9"))

;;; Commentary:

;; Starts the server with eglot, in the markdown of a story, and runs its commands where point is:
;;
;;     (load "path/to/storywright/editors/emacs/storywright.el")
;;
;; then M-x storywright.  All commands are code actions as well: M-x eglot-code-actions.

;;; Code:

(require 'eglot)

(defgroup storywright nil
  "Long fiction, chunk by chunk."
  :group 'applications)

(defcustom storywright-program "storywright"
  "The program, by its name or its path."
  :type 'string)

(defcustom storywright-settings nil
  "Settings by the names of the project's README, such as (:provider \"demo\")."
  :type 'plist)

(defun storywright--contact (&rest _)
  "Say how the server is started."
  (append (list storywright-program "lsp")
          (when storywright-settings
            (list :initializationOptions storywright-settings))))

(add-to-list 'eglot-server-programs
             '((markdown-mode text-mode) . storywright--contact))

;; Text that is written grows by edits of the server's; a question before each would be in the way.
(setq eglot-confirm-server-initiated-edits nil)

(defun storywright-story-p ()
  "Tell whether this buffer belongs to a story."
  (and buffer-file-name
       (or (string-match-p "story\\.md\\'" buffer-file-name)
           (string-match-p "/generated/[^/]+/" buffer-file-name))))

(defun storywright--root-p (folder)
  "Tell whether FOLDER has a brief."
  (and (file-directory-p folder)
       (directory-files folder nil "\\(?:\\`\\|\\.\\)story\\.md\\'" t)))

(defun storywright-project (folder)
  "Find the story that FOLDER belongs to, so that a brief and its chunks have one server."
  (when-let ((root (locate-dominating-file folder #'storywright--root-p)))
    (cons 'transient (expand-file-name root))))

(defun storywright-maybe-start ()
  "Start the server where this buffer belongs to a story, and wrap its lines between words."
  (when (storywright-story-p)
    (visual-line-mode 1)
    (add-hook 'project-find-functions #'storywright-project nil t)
    (eglot-ensure)))

(add-hook 'text-mode-hook #'storywright-maybe-start)

(defconst storywright--commands
  '("plan" "planFromText" "write" "writeChunk" "rewriteChunk" "rewriteFrom" "rewriteStale" "refine" "audit" "keep" "lock" "unlock"
    "acceptRevision" "rejectRevision" "writeCandidates" "showCandidates" "takeCandidate"
    "rejectCandidates" "restoreVersion" "showVersions" "showDiff" "showStatus" "explain" "extractState"
    "continueHere" "rewriteSelection" "expandSelection" "tightenSelection" "newSession" "switchSession" "adoptSession"
    "export" "showReport" "showLedger" "exportBook" "exportManuscript" "dismiss" "cancel" "newStory"
    "import")
  "The commands of the server, without their prefix.")

(defun storywright--arguments (command words)
  "Say where COMMAND is to act, and what it is told in WORDS."
  (let ((here (eglot--TextDocumentIdentifier)))
    (append
     here
     (if (and (string-suffix-p "Selection" command) (use-region-p))
         (list :range (list :start (eglot--pos-to-lsp-position (region-beginning))
                            :end (eglot--pos-to-lsp-position (region-end))))
       (list :position (eglot--pos-to-lsp-position (point))))
     (unless (string-empty-p words)
       (list (pcase command
               ("newStory" :title)
               ("import" :source)
               ("rewriteChunk" :note)
               ((or "newSession" "switchSession" "adoptSession") :session)
               (_ :instruction))
             words)))))

;;;###autoload
(defun storywright (command &optional words)
  "Run COMMAND of Storywright where point is.
With a prefix argument, ask for WORDS that go with it: what a rewrite shall do, a title, a draft.
An import asks for the file in any case."
  (interactive
   (let ((command (completing-read "Storywright: " storywright--commands nil t)))
     (list command
           (cond ((equal command "import") (expand-file-name (read-file-name "Import: ")))
                 (current-prefix-arg (read-string "Words: "))
                 (t "")))))
  (jsonrpc-async-request
   (eglot--current-server-or-lose) :workspace/executeCommand
   (list :command (concat "storywright." command)
         :arguments (vector (storywright--arguments command (or words ""))))
   :success-fn #'ignore
   :error-fn (lambda (failure) (message "Storywright: %s" (plist-get failure :message)))))

(provide 'storywright)
;;; storywright.el ends here
